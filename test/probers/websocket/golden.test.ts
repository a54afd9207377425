import { expect, test } from "vitest";
import type { WebSocket } from "ws";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { goldenText, type ProbeSettings } from "../../helpers/probing.ts";
import {
  accepted,
  startHandshakeServer,
  startWebsocketServer,
  type WebsocketTestServer,
} from "../../helpers/websocket-servers.ts";
import { probe } from "./probe.ts";

const certificate = makeCertificate({
  subject: [["CN", "leaf"]],
  names: ["DNS:localhost", "IP:127.0.0.1"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});
const tls = { cert: certificate.cert, key: certificate.key, maxVersion: "TLSv1.2" } as const;
const trust = { http_config: { tls_config: { ca: certificate.cert } } };

async function against(
  starting: Promise<WebsocketTestServer>,
  options: object = {},
  scheme = "ws",
  settings: ProbeSettings = {},
): Promise<ProbeResult> {
  await using server = await starting;
  return await probe(`${scheme}://127.0.0.1:${server.port}/path`, options, settings);
}

const greet = (socket: WebSocket): void => socket.send("hello");
const hello = { query_response: [{ expect: "^hel" }] };
const FRAME_WITH_RESERVED_BITS = Buffer.from([0xf1, 0]);

const outcomes: readonly (readonly [name: string, run: () => Promise<ProbeResult>])[] = [
  ["success", () => against(startWebsocketServer())],
  ["success-conversation", () => against(startWebsocketServer(greet), hello)],
  ["success-tls", () => against(startWebsocketServer(greet, { tls }), { ...trust, ...hello }, "wss")],
  ["body-mismatch", () => against(startWebsocketServer(greet), { query_response: [{ expect: "bye" }] })],
  [
    "http-status",
    () => against(startHandshakeServer(() => "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")),
  ],
  ["malformed", () => against(startHandshakeServer(() => accepted("wrong")))],
  [
    "malformed-frame",
    () =>
      against(
        startHandshakeServer((accept) =>
          Buffer.concat([Buffer.from(accepted(accept)), FRAME_WITH_RESERVED_BITS]),
        ),
        hello,
      ),
  ],
  [
    "network",
    () =>
      against(
        startWebsocketServer((socket) => socket.close(1011, "sorry")),
        hello,
      ),
  ],
  ["certificate", () => against(startWebsocketServer(greet, { tls }), {}, "wss")],
  ["tls", () => against(startWebsocketServer(), {}, "wss")],
  ["dns", () => probe("ws://does-not-exist.invalid/")],
  ["connect", () => probe(`ws://127.0.0.1:${CLOSED_PORT}/`)],
  ["forbidden-target", () => probe("ws://169.254.169.254/")],
  ["bad-request", () => probe("127.0.0.1:80")],
  [
    "timeout",
    () => {
      const controller = new AbortController();
      const server = startHandshakeServer(() => {
        controller.abort();
        return undefined;
      });
      return against(server, {}, "ws", { signal: controller.signal });
    },
  ],
  [
    "timeout-conversation",
    () => {
      const controller = new AbortController();
      const server = startWebsocketServer(() => setTimeout(() => controller.abort(), 50));
      return against(server, hello, "ws", { signal: controller.signal });
    },
  ],
];

test.each(outcomes)("%s", async (name, run) => {
  await expect(goldenText(await run())).toMatchFileSnapshot(`../../golden/websocket/${name}.prom`);
});
