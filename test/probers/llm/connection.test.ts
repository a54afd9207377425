import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { ask, completion, json, listen, reasonOf, serve, valueOf } from "./support.ts";

describe("a connection that fails", () => {
  test("at a closed port has the reason connect", async () => {
    expect(reasonOf(await ask("http://127.0.0.1:1/v1"))).toBe("connect");
  });
  const HOSTS = "127.0.0.1 one.example\n127.0.0.1 two.example\n::1 two.example\n";
  test.each(["one.example", "two.example", "127.0.0.1", "[::1]"])(
    "at a closed port of %s has the reason connect, and a resolve phase if there was a name",
    async (host) => {
      for (const scheme of ["http", "https"]) {
        const result = await ask(`${scheme}://${host}:1/v1`, { hosts: HOSTS });
        expect([scheme, reasonOf(result)]).toEqual([scheme, "connect"]);
        const resolved = valueOf(result, llmMetrics.phaseDuration, { phase: "resolve" });
        if (host.endsWith(".example")) expect(resolved).toBeGreaterThan(0);
        else expect(resolved).toBeUndefined();
      }
    },
  );
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
