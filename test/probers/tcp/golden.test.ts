import { expect, test } from "vitest";
import { makeCertificate } from "../../helpers/certificates.ts";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { type LineServer, serveConduct, serveSecurely } from "../../helpers/line-servers.ts";
import { goldenText, type Probed, tcp } from "../query-response/probing.ts";

const certificate = makeCertificate({
  subject: [
    ["O", "Example, Inc."],
    ["CN", "leaf"],
  ],
  names: ["DNS:localhost", "IP:127.0.0.1"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});
const SECURE = { ...certificate, maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" } as const;
const TRUST = { tls_config: { ca: certificate.cert } };

async function probing(starting: Promise<LineServer>, options: object = {}): Promise<Probed> {
  await using server = await starting;
  return await tcp.probe(server.address, options);
}

const greets = (): Promise<LineServer> => serveConduct((socket) => void socket.end("220 ready\r\n"));
const secure = (): Promise<LineServer> => serveSecurely(SECURE, (socket) => void socket.end("220 ready\r\n"));

const greeting = (expect: string, more: object = {}) => ({ query_response: [{ expect, ...more }] });

const OUTCOMES: readonly (readonly [name: string, run: () => Promise<Probed>])[] = [
  ["success", () => probing(greets())],
  [
    "success-labels",
    () => probing(greets(), greeting("^220 (.*)", { labels: [{ name: "banner", value: "$1" }] })),
  ],
  ["success-tls", () => probing(secure(), { ...TRUST, tls: true })],
  ["body-mismatch", () => probing(greets(), greeting("^250"))],
  ["body-mismatch-bytes", () => probing(greets(), { query_response: [{ expect_bytes: "250" }] })],
  [
    "too-large",
    () =>
      probing(
        serveConduct((socket) => void socket.end("x".repeat(70_000))),
        greeting("y"),
      ),
  ],
  [
    "network",
    () =>
      probing(
        serveConduct((socket) => setTimeout(() => socket.resetAndDestroy(), 100)),
        greeting("y"),
      ),
  ],
  [
    "timeout",
    async () => {
      const controller = new AbortController();
      await using server = await serveConduct(() => setTimeout(() => controller.abort(), 100));
      return await tcp.probe(server.address, greeting("^220"), { signal: controller.signal });
    },
  ],
  [
    "timeout-connect",
    async () => {
      const controller = new AbortController();
      await using server = await serveConduct(() => setTimeout(() => controller.abort(), 100));
      return await tcp.probe(server.address, { tls: true }, { signal: controller.signal });
    },
  ],
  ["certificate", () => probing(secure(), { tls: true })],
  ["tls", () => probing(greets(), { tls: true })],
  ["file-missing", () => probing(greets(), { tls: true, tls_config: { ca_file: "/does/not/exist" } })],
  ["dns", () => tcp.probe("does-not-exist.invalid:80")],
  ["connect", () => tcp.probe(`127.0.0.1:${CLOSED_PORT}`)],
  ["forbidden-target", () => tcp.probe("169.254.169.254:80")],
  ["bad-request", () => tcp.probe("localhost")],
  ["bad-request-port", () => tcp.probe("127.0.0.1:nosuchservice")],
];

test.each(OUTCOMES)("%s", async (name, run) => {
  await expect(goldenText(await run())).toMatchFileSnapshot(`../../golden/tcp/${name}.prom`);
});
