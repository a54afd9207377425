import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { ask, completion, json, listen, reasonOf, serve } from "./support.ts";

describe("a connection that fails", () => {
  test("at a closed port has the reason connect", async () => {
    expect(reasonOf(await ask("http://127.0.0.1:1/v1"))).toBe("connect");
  });
  test("for an unknown name has the reason dns", async () => {
    expect(reasonOf(await ask("http://does-not-exist.invalid/v1"))).toBe("dns");
  });
  test("because the server does not speak TLS has the reason tls", async () => {
    const address = await serve(json(completion("HEALTHY")));
    expect(reasonOf(await ask(address.replace("http:", "https:")))).toBe("tls");
  });
  test("in a handshake that never ends has the reason timeout_connect", async () => {
    const address = await listen(createServer((socket) => socket.on("error", () => undefined)));
    const result = await ask(address.replace("http:", "https:"), { timeout: 200 });
    expect(reasonOf(result)).toBe("timeout_connect");
  });
  test("because the server does not speak HTTP has the reason malformed", async () => {
    const address = await listen(createServer((socket) => socket.end("220 mail.example.com ESMTP\r\n")));
    expect(reasonOf(await ask(address))).toBe("malformed");
  });
  test("after the deadline has the reason timeout_connect or connect", async () => {
    expect(reasonOf(await ask("http://127.0.0.1:1/v1", { timeout: 0 }))).toMatch(/timeout_connect|connect/);
  });
});

test("a probe sends one request, whatever the status", async () => {
  for (const status of [302, 408, 429, 500, 502, 503]) {
    let requests = 0;
    const address = await serve((response, body, request) => {
      requests++;
      const headers = { "retry-after": "0", location: request.url ?? "/" };
      json({ error: { message: "again" } }, status, headers)(response, body, request);
    });
    expect((await ask(address)).outcome.ok).toBe(false);
    expect(requests).toBe(1);
  }
});

test("a broken connection is not retried", async () => {
  let requests = 0;
  const address = await serve((response) => {
    requests++;
    response.socket?.resetAndDestroy();
  });
  expect(reasonOf(await ask(address, { timeout: 3000 }))).toBe("network");
  expect(requests).toBe(1);
});

test("every probe opens its own connection", async () => {
  const ports = new Set<number | undefined>();
  const address = await serve((response, body, request) => {
    ports.add(request.socket.remotePort);
    json(completion("HEALTHY"))(response, body, request);
  });
  for (let i = 0; i < 3; i++) expect(reasonOf(await ask(address))).toBe("ok");
  expect(ports.size).toBe(3);
});
