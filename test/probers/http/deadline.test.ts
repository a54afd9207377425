import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveHttp, serveHttp2, serveTcp, type TestServer } from "../../helpers/http-targets.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const certificate = makeCertificate({ names: ["IP:127.0.0.1"] });
const insecure = { tls_config: { insecure_skip_verify: true } };

/** Waits until all connections of the server are closed. */
async function closed(server: TestServer): Promise<void> {
  await Promise.all(
    [...server.sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
  );
}

/** Returns a signal, and a function for the server to abort it once the request has arrived. */
function abortedBy(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test("no response: timeout, and the connection is closed", async () => {
  const { signal, abort } = abortedBy();
  await using server = await serveHttp(() => abort());
  const result = await probe(server.host, {}, { signal });
  expect(verdictOf(result)).toBe("timeout");
  expect(valueIn(result, "probe_http_status_code")).toBe(0);
  expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBeGreaterThan(0);
  expect(valueIn(result, 'probe_http_duration_seconds{phase="processing"}')).toBe(0);
  await closed(server);
});

test("an unfinished body: timeout, with the facts of the response", async () => {
  const { signal, abort } = abortedBy();
  await using server = await serveHttp((_, response) => {
    response.write("some");
    setTimeout(abort, 50);
  });
  const result = await probe(server.host, {}, { signal });
  expect([verdictOf(result), detailOf(result)]).toEqual([
    "timeout",
    expect.stringContaining("after 4 bytes"),
  ]);
  expect(valueIn(result, "probe_http_status_code")).toBe(200);
  expect(valueIn(result, "probe_http_uncompressed_body_length")).toBe(4);
  await closed(server);
});

test("no TLS handshake: timeout_connect, and the connection is closed", async () => {
  const { signal, abort } = abortedBy();
  await using server = await serveTcp((socket) => socket.once("data", abort));
  const result = await probe(`https://${server.host}`, insecure, { signal });
  expect(verdictOf(result)).toBe("timeout_connect");
  expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBe(0);
  await closed(server);
});

test("no response over HTTP/2: timeout, and the connection is closed", async () => {
  const { signal, abort } = abortedBy();
  await using server = await serveHttp2(certificate, () => abort());
  const result = await probe(`https://${server.host}`, insecure, { signal });
  expect(verdictOf(result)).toBe("timeout");
  expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBeGreaterThan(0);
  await closed(server);
});

test("no connection: timeout_connect", async () => {
  const controller = new AbortController();
  // TEST-NET-1 is unreachable: the connection hangs until the deadline or fails at once.
  const pending = probe("http://192.0.2.1/", {}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  expect(["timeout_connect", "connect"]).toContain(verdictOf(await pending));
});

test("a deadline that has already passed: timeout_connect, and dns for a name", async () => {
  await using server = await serveHttp((_, response) => response.end());
  const result = await probe(server.host, {}, { signal: AbortSignal.abort() });
  expect(verdictOf(result)).toBe("timeout_connect");
  const named = await probe(`localhost:${server.port}`, {}, { signal: AbortSignal.abort() });
  expect(verdictOf(named)).toBe("dns");
});

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";

test.each([
  ["HTTP/1.1", "http", () => serveHttp((_, response) => response.end("hello"))],
  ["HTTP/2", "https", () => serveHttp2(certificate, (_, response) => response.end("hello"))],
  ["another protocol", "http", () => serveTcp((socket) => socket.once("data", () => socket.write(SWITCH)))],
])("a successful probe over %s leaves no connection behind", async (_, scheme, serve) => {
  const controller = new AbortController();
  await using server = await serve();
  const options = { ...insecure, valid_status_codes: [200, 101] };
  const result = await probe(`${scheme}://${server.host}`, options, { signal: controller.signal });
  expect(verdictOf(result)).toBe("success");
  await closed(server);
  controller.abort();
});

test("a server that sends a response and then breaks TLS does not crash the exporter", async () => {
  const sockets = new Set<Socket>();
  const server = createTlsServer(certificate, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and much more");
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const result = await probe(`https://127.0.0.1:${port}`, { ...insecure, enable_http2: false });
  expect(["success", "network"]).toContain(verdictOf(result));
  await new Promise((resolve) => {
    server.close(resolve);
  });
});
