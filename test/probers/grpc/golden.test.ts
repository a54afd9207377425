import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import {
  answerWith,
  type FrameServer,
  GRPC,
  type HealthAnswer,
  headersOnly,
  message,
  serverCredentials,
  startFrameServer,
  startHealthServer,
} from "../../helpers/grpc-servers.ts";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { resetFrame } from "../../helpers/http2-frames.ts";
import { goldenText, type ProbeSettings } from "../../helpers/probing.ts";
import { probe } from "./probe.ts";

const certificate = makeCertificate({
  subject: [["CN", "leaf"]],
  names: ["DNS:localhost", "IP:127.0.0.1"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});
const trust = { tls: true, tls_config: { ca: certificate.cert, max_version: "TLS12" } };

async function healthy(answer: HealthAnswer, options: object = {}, secure = false): Promise<ProbeResult> {
  const credentials = secure ? { credentials: serverCredentials(certificate) } : {};
  await using server = await startHealthServer(() => answer, credentials);
  return await probe(`127.0.0.1:${server.port}`, options);
}

async function broken(frames: FrameServer, settings: ProbeSettings = {}): Promise<ProbeResult> {
  await using server = await startFrameServer(frames);
  return await probe(`127.0.0.1:${server.port}`, {}, settings);
}

const outcomes: readonly (readonly [name: string, run: () => Promise<ProbeResult>])[] = [
  ["success", () => healthy(1)],
  ["success-tls", () => healthy(1, trust, true)],
  ["not-serving", () => healthy(2, { service: "shop.Orders" })],
  ["grpc-status", () => healthy({ code: 5, details: "no such service" })],
  ["grpc-status-tls", () => healthy({ code: 16 }, trust, true)],
  ["certificate", () => healthy(1, { tls: true, tls_config: { max_version: "TLS12" } }, true)],
  ["tls", () => healthy(1, { tls: true })],
  ["dns", () => probe("does-not-exist.invalid:50051")],
  ["connect", () => probe(`127.0.0.1:${CLOSED_PORT}`)],
  ["forbidden-target", () => probe("169.254.169.254:50051")],
  ["bad-request", () => probe("exa mple:50051")],
  ["http-status", () => broken({ onRequest: headersOnly([[":status", "503"]]) })],
  ["malformed", () => broken({ onRequest: answerWith(GRPC, message([255])) })],
  ["too-large", () => broken({ onRequest: answerWith(GRPC, message([8, 1], 0, 5_000_000)) })],
  ["network", () => broken({ onRequest: (socket, stream) => void socket.write(resetFrame(stream, 2)) })],
  [
    "timeout",
    () => {
      const controller = new AbortController();
      return broken({ onRequest: () => controller.abort() }, { signal: controller.signal });
    },
  ],
];

test.each(outcomes)("%s", async (name, run) => {
  await expect(goldenText(await run())).toMatchFileSnapshot(`../../golden/grpc/${name}.prom`);
});
