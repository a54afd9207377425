import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { compileNoProxy } from "../../../src/probers/http/transport/no-proxy.ts";
import { compileProxies } from "../../../src/probers/http/transport/proxy.ts";
import { parseAddress } from "../../../src/probers/http-address.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveHttp, serveHttps, serveServer, serveTcp, type TestServer } from "../../helpers/http-targets.ts";
import { compile, detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const certificate = makeCertificate({ names: ["DNS:localhost", "IP:127.0.0.1"] });
const trust = { tls_config: { ca: certificate.cert } };

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage["headers"];
}

/** Starts a proxy that records requests and responds to plain ones itself. */
function serveProxy(seen: Seen[], refuse = false): Promise<TestServer> {
  const server = createServer((request, response) => {
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    response.end("by the proxy");
  });
  server.on("connect", (request: IncomingMessage, socket, head: Buffer) => {
    seen.push({ line: `CONNECT ${request.url}`, headers: request.headers });
    if (refuse) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const [host = "", port] = (request.url ?? "").split(":");
    const target = connect(Number(port), host === "localhost" ? "127.0.0.1" : host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
  });
  return serveServer(server);
}

describe("a proxy", () => {
  test("receives plain requests with the name of the target", async () => {
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    const result = await probe("http://localhost:1234/a?b", {
      proxy_url: `http://user:pass@${proxy.host}`,
      preferred_ip_protocol: "ip4",
      fail_if_body_not_matches_regexp: ["by the proxy"],
    });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(seen.map(({ line }) => line)).toEqual(["GET http://localhost:1234/a?b"]);
    expect(seen[0]?.headers).toMatchObject({
      host: "localhost:1234",
      "proxy-authorization": "Basic dXNlcjpwYXNz",
    });
    expect(valueIn(result, 'probe_http_duration_seconds{phase="resolve"}')).toBeGreaterThan(0);
  });

  test("opens a tunnel to the address of a TLS target", async () => {
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    await using server = await serveHttps(certificate, (_, response) => response.end("hello"));
    const result = await probe(`https://localhost:${server.port}/`, {
      ...trust,
      proxy_url: `http://user:pass@${proxy.host}`,
      proxy_connect_header: { "x-tunnel": ["a", "b"] },
      preferred_ip_protocol: "ip4",
    });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(seen.map(({ line }) => line)).toEqual([`CONNECT 127.0.0.1:${server.port}`]);
    expect(seen[0]?.headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      "proxy-authorization": "Basic dXNlcjpwYXNz",
      "x-tunnel": "a, b",
    });
    expect(valueIn(result, "probe_http_ssl")).toBe(1);
    expect(valueIn(result, 'probe_http_duration_seconds{phase="tls"}')).toBeGreaterThan(0);
  });

  test("resolves the name with skip_resolve_phase_with_proxy", async () => {
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    await using server = await serveHttps(certificate, (_, response) => response.end("hello"));
    const options = { ...trust, proxy_url: `http://${proxy.host}`, skip_resolve_phase_with_proxy: true };
    const result = await probe(`https://localhost:${server.port}/`, options);
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(seen.map(({ line }) => line)).toEqual([`CONNECT localhost:${server.port}`]);
    for (const absent of [
      "probe_dns_lookup_time_seconds",
      "probe_ip_protocol",
      "probe_ip_addr_hash",
      'probe_http_duration_seconds{phase="resolve"}',
    ]) {
      expect(valueIn(result, absent)).toBeUndefined();
    }
  });

  test("may use TLS", async () => {
    await using proxy = await serveHttps(certificate, (request, response) =>
      response.end(`saw ${request.url}`),
    );
    const result = await probe("http://127.0.0.1:1/x", {
      ...trust,
      proxy_url: `https://localhost:${proxy.port}`,
      fail_if_body_not_matches_regexp: ["^saw http://127.0.0.1:1/x$"],
    });
    expect([verdictOf(result), detailOf(result)]).toEqual(["success", ""]);
    expect(valueIn(result, "probe_http_ssl")).toBe(0);
    expect(valueIn(result, "probe_ssl_earliest_cert_expiry")).toBeUndefined();
  });

  test("that refuses a tunnel: connect", async () => {
    await using proxy = await serveProxy([], true);
    const result = await probe("https://127.0.0.1:1/", { proxy_url: `http://${proxy.host}` });
    expect([verdictOf(result), detailOf(result)]).toEqual(["connect", expect.stringContaining("403")]);
  });

  test("that hangs at CONNECT: timeout_connect at the deadline", async () => {
    const controller = new AbortController();
    await using proxy = await serveTcp((socket) => socket.once("data", () => controller.abort()));
    const options = { proxy_url: `http://${proxy.host}` };
    const result = await probe("https://127.0.0.1:1/", options, { signal: controller.signal });
    expect(verdictOf(result)).toBe("timeout_connect");
    await Promise.all(
      [...proxy.sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
  });

  test("is not asked for a metadata address", async () => {
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    const options = { proxy_url: `http://${proxy.host}`, skip_resolve_phase_with_proxy: true };
    expect(verdictOf(await probe("http://169.254.169.254/", options))).toBe("forbidden_target");
    expect(seen).toEqual([]);
  });

  test.each([
    "http://2852039166/",
    "http://0xA9FEA9FE/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://169.254.169.254./",
    "http://\uff11\uff16\uff19.254.169.254/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[::a9fe:a9fe]/",
    "http://168.63.129.16/",
    "http://0xC00000C0/",
    "http://100.100.25800/",
    "http://metadata.google.internal/",
    "https://2852039166/",
    "https://METADATA.google.internal./",
  ])("is not asked for %s, also not after a redirect", async (address) => {
    const lines: string[] = [];
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    const options = { proxy_url: `http://${proxy.host}`, skip_resolve_phase_with_proxy: true };
    expect(verdictOf(await probe(address, options))).toBe("forbidden_target");
    expect(verdictOf(await probe(address, options, { configured: true }))).toBe("forbidden_target");
    expect(seen).toEqual([]);
    await using redirecting = await serveHttp((request, response) => {
      lines.push(String(request.url));
      response.writeHead(302, { Location: address.replaceAll(/[^ -~]/gu, encodeURIComponent) }).end();
    });
    const redirected = await probe("http://redirect.example/", {
      ...options,
      proxy_url: `http://${redirecting.host}`,
    });
    expect(verdictOf(redirected)).toBe("forbidden_target");
    expect(lines).toEqual(["http://redirect.example/"]);
  });

  test("is not asked for the host in ?hostname= if that would be refused as a target", async () => {
    const seen: Seen[] = [];
    await using proxy = await serveProxy(seen);
    const options = { proxy_url: `http://${proxy.host}`, skip_resolve_phase_with_proxy: true };
    const open = "http://open.example/";
    for (const hostname of ["169.254.169.254", "2852039166:80", "metadata.google.internal"])
      expect(verdictOf(await probe(open, options, { hostname }))).toBe("forbidden_target");
    const listed = { ...options, allowed_targets: ["open.example"] };
    expect(verdictOf(await probe(open, listed, { hostname: "other.example" }))).toBe("forbidden_target");
    expect(seen).toEqual([]);
    expect(verdictOf(await probe(open, listed, { hostname: "open.example" }))).toBe("success");
    // The operator has configured this one.
    expect(verdictOf(await probe(open, listed, { hostname: "other.example", configured: true }))).toBe(
      "success",
    );
    expect(seen.map(({ line }) => line)).toEqual(["GET http://open.example/", "GET http://other.example/"]);
  });

  test("is not used for hosts in no_proxy", async () => {
    await using server = await serveHttp((_, response) => response.end("direct"));
    const options = {
      proxy_url: "http://127.0.0.1:1",
      no_proxy: "example.com",
      fail_if_body_not_matches_regexp: ["direct"],
    };
    expect(verdictOf(await probe(server.host, options))).toBe("success");
  });
});

describe("no_proxy", () => {
  test.each([
    ["*", "example.com", undefined, 80, true],
    ["example.com", "example.com", undefined, 80, true],
    ["example.com", "www.EXAMPLE.com", undefined, 80, true],
    ["example.com", "badexample.com", undefined, 80, false],
    [".example.com", "example.com", undefined, 80, false],
    [".example.com", "www.example.com", undefined, 80, true],
    ["*.example.com", "www.example.com", undefined, 80, true],
    ["example.com:8080", "example.com", undefined, 80, false],
    ["example.com:8080", "example.com", undefined, 8080, true],
    ["10.0.0.0/8", "x", "10.1.2.3", 80, true],
    ["10.0.0.0/8", "x", "11.1.2.3", 80, false],
    ["10.0.0.1", "10.0.0.1", undefined, 80, true],
    ["10.0.0.1:81", "10.0.0.1", undefined, 80, false],
    ["[fd00::1]:81", "x", "fd00::1", 81, true],
    ["fd00::/8", "x", "fd12::1", 81, true],
    [" a , example.com ,, ", "example.com", undefined, 80, true],
    ["x", "127.0.0.1", undefined, 80, true],
    ["x", "y", "::1", 80, true],
    ["x", "localhost", undefined, 80, true],
    ["10.0.0.0/33,:80,*.", "example.com", "10.0.0.1", 80, false],
  ])("%j and %s (%s) port %i: %s", (list, host, ip, port, direct) => {
    expect(compileNoProxy(list)(host, ip, port)).toBe(direct);
  });
});

describe("proxy_from_environment", () => {
  const chosen = (env: Record<string, string>, target: string): string | undefined => {
    const problems: string[] = [];
    const address = parseAddress(target);
    if (typeof address === "string") throw new Error(address);
    const choice = compileProxies(
      { proxy_from_environment: true },
      {
        problem: (path, got) => problems.push(`${path.join(".")}: ${got}`),
        warn: () => undefined,
        unsupported: (path, why) => problems.push(`${path.join(".")}: ${why}`),
        secretFile: () => {
          throw new Error("no file here");
        },
        resolvePath: (file) => file,
        environment: env,
        metricNames: new Set(),
      },
    );
    return problems[0] ?? choice?.(address, undefined)?.address.authority;
  };

  test.each([
    [{ HTTP_PROXY: "http://a:1", HTTPS_PROXY: "b:2" }, "http://x", "a:1"],
    [{ HTTP_PROXY: "http://a:1", HTTPS_PROXY: "b:2" }, "https://x", "b:2"],
    [{ http_proxy: "http://a:1" }, "http://x", "a:1"],
    [{ http_proxy: "http://a:1" }, "https://x", undefined],
    [{ HTTP_PROXY: "a:1", NO_PROXY: "x" }, "http://x", undefined],
    [{}, "http://x", undefined],
    [
      { HTTP_PROXY: "socks5://a:1" },
      "http://x",
      "proxy_from_environment: SOCKS proxies are not supported (HTTP_PROXY)",
    ],
    [{ HTTP_PROXY: "ftp://a:1" }, "http://x", "proxy_from_environment: an invalid URL in HTTP_PROXY"],
  ])("%j for %s is %s", (env, target, proxy) => {
    expect(chosen(env, target)).toBe(proxy);
  });
});

test.each([
  [{ proxy_url: "ftp://a:1" }, "proxy_url: got an invalid URL, want a URL such as"],
  [{ proxy_url: "a:3128" }, "proxy_url: got an invalid URL"],
  [
    { proxy_url: "http://a", proxy_from_environment: true },
    "proxy_url: got proxy_url and proxy_from_environment",
  ],
  [{ no_proxy: "a", proxy_from_environment: true }, "no_proxy: got no_proxy and proxy_from_environment"],
  [{ no_proxy: "a" }, "no_proxy: got no_proxy without proxy_url"],
  [{ proxy_connect_header: { a: ["b"] } }, "proxy_connect_header: got headers without a proxy"],
])("%j is refused", (options, problem) => {
  expect(compile(options).problems).toEqual([expect.stringContaining(problem)]);
});
