import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { ask, compile, completion, detailOf, json, listen, reasonOf, serve, valueOf } from "./support.ts";

const certificate = makeCertificate({ names: ["DNS:llm.example.com"] });

/** Starts a proxy that connects every name to `target` and records its requests. */
async function proxy(target: string, refusal?: string) {
  const requests: string[] = [];
  const { port } = new URL(target);
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    void fetch(`${target}${new URL(request.url ?? "").pathname}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    requests.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
    if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
    const onward = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    return socket.on("error", () => onward.destroy());
  });
  const url = await listen(server);
  return { requests, url, withPassword: url.replace("//", "//me:s3cret@") };
}

/** Basic credentials for `me:s3cret`. */
const BASIC = `Basic ${btoa("me:s3cret")}`;

async function secureServer(): Promise<string> {
  return listen(
    createSecureServer(certificate, (request, response) =>
      json(completion("HEALTHY"))(response, "", request),
    ),
  );
}

describe("a probe through a proxy", () => {
  test("sends http requests to the proxy, which resolves the name", async () => {
    const { requests, withPassword } = await proxy(await serve(json(completion("HEALTHY"))));
    const result = await ask("http://llm.invalid/v1", {
      options: { stream: false, proxy_url: withPassword },
    });
    expect(reasonOf(result)).toBe("ok");
    expect(requests).toEqual([`POST http://llm.invalid/v1/chat/completions ${BASIC}`]);
    expect(valueOf(result, llmMetrics.phaseDuration, { phase: "headers" })).toBeGreaterThan(0);
  });

  test("sends https through a tunnel and verifies the target's certificate", async () => {
    const { requests, withPassword } = await proxy(await secureServer());
    const options = { stream: false, proxy_url: withPassword, tls_config: { ca: certificate.cert } };
    const { module } = compile(options);
    const results = [
      await ask("https://llm.example.com/v1", { module }),
      await ask("https://llm.example.com/v1", { module }),
    ];
    expect(results.map(reasonOf)).toEqual(["ok", "ok"]);
    expect(requests).toEqual(Array.from({ length: 2 }, () => `CONNECT llm.example.com:443 ${BASIC}`));
    for (const result of results) {
      expect(valueOf(result, llmMetrics.phaseDuration, { phase: "connect" })).toBeGreaterThan(0);
      expect(valueOf(result, llmMetrics.phaseDuration, { phase: "headers" })).toBeGreaterThan(0);
      expect(valueOf(result, llmMetrics.phaseDuration, { phase: "tls" })).toBeUndefined();
    }
    expect(reasonOf(await ask("https://other.example.com/v1", { module }))).toBe("tls");
  });

  test.each([
    ["refuses the tunnel", "403 Forbidden", "connect"],
    ["wants a password", "407 Proxy Authentication Required", "connect"],
  ])("that %s fails with %s", async (_title, refusal, reason) => {
    const { withPassword } = await proxy("http://127.0.0.1:1", refusal);
    const result = await ask("https://llm.example.com/v1", { options: { proxy_url: withPassword } });
    expect(reasonOf(result)).toBe(reason);
    expect(detailOf(result)).not.toContain("s3cret");
  });

  test.each([
    ["is not listening, http", "http://llm.invalid", "http://127.0.0.1:1", "connect"],
    ["is not listening, https", "https://llm.invalid", "http://127.0.0.1:1", "connect"],
    ["has a name and is not listening, http", "http://llm.invalid", "http://localhost:1", "connect"],
    ["has a name and is not listening, https", "https://llm.invalid", "http://localhost:1", "connect"],
    ["has an unknown name, http", "http://llm.example.com", "http://proxy.invalid:3128", "dns"],
    ["has an unknown name, https", "https://llm.example.com", "http://proxy.invalid:3128", "dns"],
  ])("that %s fails", async (_title, target, proxy_url, reason) => {
    expect(reasonOf(await ask(target, { options: { proxy_url } }))).toBe(reason);
  });

  test("that is silent times out: while connecting over https, while waiting over http", async () => {
    const silent = await listen(createServer(() => {}).on("connect", () => {}));
    const of = async (target: string) =>
      reasonOf(await ask(target, { options: { proxy_url: silent }, timeout: 200 }));
    expect(await of("https://llm.example.com")).toBe("timeout_connect");
    expect(await of("http://llm.example.com")).toBe("timeout_first_token");
  });

  test("refuses metadata addresses and hosts that are not allowed before asking the proxy", async () => {
    const { requests, url } = await proxy("http://127.0.0.1:1");
    const options = { proxy_url: url, allowed_targets: ["llm.example.com"] };
    expect(reasonOf(await ask("http://169.254.169.254", { options: { proxy_url: url } }))).toBe(
      "forbidden_target",
    );
    expect(reasonOf(await ask("http://other.example.com", { options, target: { configured: false } }))).toBe(
      "forbidden_target",
    );
    expect(requests).toEqual([]);
  });

  test.each([
    [
      "proxy.example.com:3128",
      "proxy_url: got an invalid URL, want a URL such as http://proxy.example.com:3128",
    ],
    ["socks5://proxy", "proxy_url: got an invalid URL, want a URL such as http://proxy.example.com:3128"],
    ["nothing", "proxy_url: got an invalid URL, want a URL such as http://proxy.example.com:3128"],
    [
      "https://me:s3cret@proxy:3128",
      "proxy_url: got a proxy over TLS, want a URL such as http://proxy.example.com:3128",
    ],
  ])("%s is refused", (proxy_url, problem) => {
    expect(compile({ proxy_url }).problems).toEqual([problem]);
  });
});
