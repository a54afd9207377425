import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { defined } from "../../../src/core/defined.ts";
import { USER_AGENT } from "../../../src/core/user-agent.ts";
import { serveHttp, serveTcp } from "../../helpers/http-targets.ts";
import { temporaryFile } from "./files.ts";
import { compile, detailOf, moduleOf, probe, valueIn, verdictOf } from "./probe.ts";

/** Returns true if a request is complete, by the framing that its headers announce. */
function isWhole(bytes: string): boolean {
  const [head = "", body] = bytes.split(/\r\n\r\n(.*)/s);
  if (body === undefined) return false;
  if (/^Transfer-Encoding: chunked$/im.test(head)) return body.endsWith("0\r\n\r\n");
  return body.length >= Number(/^Content-Length: (\d+)$/im.exec(head)?.[1] ?? 0);
}

/** Returns the bytes of the request that a probe with these options sends. */
async function sent(options: unknown, path = "/", settings: { hostname?: string } = {}): Promise<string> {
  let bytes = "";
  await using server = await serveTcp((socket) => {
    socket.on("data", (chunk) => {
      bytes += chunk.toString("latin1");
      if (isWhole(bytes)) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
  });
  await probe(`http://${server.host}${path}`, options, settings);
  return bytes.replaceAll(server.host, "TARGET");
}

describe("the request", () => {
  test("without options has only the necessary headers", async () => {
    expect(await sent({})).toBe(
      `GET / HTTP/1.1\r\nHost: TARGET\r\nUser-Agent: ${USER_AGENT}\r\nConnection: close\r\n\r\n`,
    );
  });

  test("has the path as written", async () => {
    expect(await sent({}, "/a/../b//c%2Fd?x=1&y=ü z#frag")).toMatch(
      /^GET \/a\/\.\.\/b\/\/c%2Fd\?x=1&y=%C3%BC%20z HTTP/,
    );
  });

  test("has the configured headers, spelled as in Go", async () => {
    const bytes = await sent({
      headers: { "x-REQUEST-id": "1.10", "user-agent": "ours", host: "www.example.com" },
    });
    expect(bytes).toContain("X-Request-Id: 1.10\r\n");
    expect(bytes).toContain("User-Agent: ours\r\n");
    expect(bytes).toContain("Host: www.example.com\r\n");
    expect(bytes).not.toContain("heartbeat-exporter");
  });

  test("has the name of ?hostname= as its host", async () => {
    expect(await sent({}, "/", { hostname: "www.example.com" })).toContain("Host: www.example.com\r\n");
  });

  test("has header values in UTF-8", async () => {
    expect(await sent({ headers: { "X-Name": "Ü" } })).toContain("X-Name: \u00c3\u009c\r\n");
  });

  test.each([
    [
      "a body",
      { method: "POST", body: "dätä" },
      /Content-Length: 6\r\n[^]*\r\n\r\nd\u00c3\u00a4t\u00c3\u00a4$/,
    ],
    ["a body with GET", { body: "x" }, /^GET [^]*Content-Length: 1\r\n[^]*\r\n\r\nx$/],
    ["POST without a body", { method: "POST" }, /Content-Length: 0\r\n/],
    ["GET without a body", {}, /^(?![^]*Content-Length)[^]*$/],
    ["DELETE without a body", { method: "DELETE" }, /^(?![^]*(?:Content-Length|Transfer-Encoding))[^]*$/],
  ])("%s", async (_, options, pattern) => {
    expect(await sent(options)).toMatch(pattern);
  });

  test("closes the connection, unless a configured header keeps it", async () => {
    expect(await sent({ method: "POST", body: "x" })).toContain("Connection: close\r\n");
    const bytes = await sent({ headers: { connection: "Upgrade" } });
    expect(bytes.match(/Connection: .*/g)).toEqual(["Connection: Upgrade"]);
  });

  test.each([
    ["data", /Transfer-Encoding: chunked\r\n[^]*\r\n\r\n4\r\ndata\r\n0\r\n\r\n$/],
    ["", /Transfer-Encoding: chunked\r\n[^]*\r\n\r\n0\r\n\r\n$/],
  ])("a body from a file with %j is sent in chunks", async (content, pattern) => {
    expect(await sent({ method: "POST", body_file: temporaryFile(content) })).toMatch(pattern);
  });
});

describe("files of the request", () => {
  test("body_file is read for each probe", async () => {
    const file = temporaryFile("one");
    const module = moduleOf({ method: "POST", body_file: file });
    expect(await sent(module)).toContain("one");
    writeFileSync(file, "two");
    expect(await sent(module)).toContain("two");
  });

  test.each([
    ["body_file", { body_file: "/nowhere/body" }, undefined],
    ["http_headers", { http_headers: { "X-A": { files: ["/nowhere/header"] } } }, 0],
    ["basic_auth.username_file", { basic_auth: { username_file: "/nowhere/user" } }, 0],
  ])("a missing file of %s fails the probe before it connects", async (option, options, connect) => {
    await using server = await serveHttp((_, response) => response.end());
    const result = await probe(server.host, options);
    expect([verdictOf(result), detailOf(result)]).toEqual(["file_missing", expect.stringContaining(option)]);
    expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBe(connect);
  });
});

test.each([
  ["basic_auth.username_file", (file: string) => ({ basic_auth: { username_file: file, password: "p" } })],
  ["basic_auth.password_file", (file: string) => ({ basic_auth: { username: "u", password_file: file } })],
  ["authorization.credentials_file", (file: string) => ({ authorization: { credentials_file: file } })],
  ["bearer_token_file", (file: string) => ({ bearer_token_file: file })],
  ["http_headers.X-A.files.0", (file: string) => ({ http_headers: { "X-A": { files: [file] } } })],
])("%s is read when it is written after the load", async (path, options) => {
  const file = `${temporaryFile("")}.late`;
  const { module, warnings, problems } = compile(options(file));
  expect({ warnings, problems }).toEqual({ warnings: [`${path}: no such file`], problems: [] });
  await using server = await serveHttp((_, response) => response.end());
  const failed = async (): Promise<readonly unknown[]> => {
    const result = await probe(server.host, module);
    return [verdictOf(result), detailOf(result)];
  };
  const [option = ""] = path.split(".X-A");
  expect(await failed()).toEqual([
    "file_missing",
    expect.stringMatching(`${option}: no secret in ${file}: no such file$`),
  ]);
  writeFileSync(file, "\n");
  expect(await failed()).toEqual(["file_unreadable", expect.stringMatching(/: an empty file$/)]);
  writeFileSync(file, "late\n");
  expect(await sent(module)).toMatch(/late|bGF0ZT|OmxhdGU|dTpsYXRl/);
});

test("an empty name of a file is none", () => {
  const options = {
    body_file: "",
    tls_config: { ca_file: "", cert_file: "", key_file: "" },
    basic_auth: { username: "u", password_file: "", username_file: "" },
  };
  expect(compile(options)).toMatchObject({ problems: [], warnings: [], module: { body: { kind: "none" } } });
  expect(compile({ bearer_token_file: "" }).module.credentials).toBeUndefined();
});

test("files of headers and users may be in UTF-16 with a byte order mark", async () => {
  const file = temporaryFile("");
  writeFileSync(file, "\ufefftoken\r\n", "utf16le");
  expect(await sent(moduleOf({ http_headers: { "X-A": { files: [file] } } }))).toContain("X-A: token\r\n");
  const user = moduleOf({ basic_auth: { username_file: file, password: "p" } });
  expect(await sent(user)).toContain(`Basic ${Buffer.from("token:p").toString("base64")}\r\n`);
});

describe("credentials", () => {
  const authorization = async (
    options: Record<string, unknown>,
    address = "HOST",
  ): Promise<string | undefined> => {
    let seen: IncomingMessage["headers"] = {};
    await using server = await serveHttp((request, response) => {
      seen = request.headers;
      response.end();
    });
    await probe(address.replace("HOST", server.host), options);
    return seen.authorization;
  };

  test.each([
    ["basic_auth", () => ({ basic_auth: { username: "u", password: "007" } }), "Basic dTowMDc="],
    ["basic_auth without a password", () => ({ basic_auth: { username: "u" } }), "Basic dTo="],
    [
      "basic_auth from files",
      () => ({ basic_auth: { username_file: temporaryFile("u\n"), password_file: temporaryFile("p\n") } }),
      "Basic dTpw",
    ],
    ["authorization", () => ({ authorization: { credentials: "t" } }), "Bearer t"],
    ["authorization of a type", () => ({ authorization: { type: "Token", credentials: "t" } }), "Token t"],
    [
      "authorization from a file",
      () => ({ authorization: { credentials_file: temporaryFile("t") } }),
      "Bearer t",
    ],
    ["bearer_token", () => ({ bearer_token: "t" }), "Bearer t"],
    ["bearer_token_file", () => ({ bearer_token_file: temporaryFile("t") }), "Bearer t"],
    [
      "a header set by hand comes first",
      () => ({ headers: { Authorization: "mine" }, bearer_token: "t" }),
      "mine",
    ],
  ])("%s", async (_, options, value) => {
    expect(await authorization(options())).toBe(value);
  });

  test("are taken from the address", async () => {
    expect(await authorization({}, "http://u:p%40@HOST/")).toBe("Basic dTpwQA==");
    expect(await authorization({ bearer_token: "t" }, "http://u:p@HOST/")).toBe("Basic dTpw");
  });

  test("are neither logged nor part of a detail", async () => {
    const lines: unknown[] = [];
    await using server = await serveHttp((_, response) => {
      response.writeHead(401).end();
    });
    const options = {
      basic_auth: { username: "u", password: "pa55word" },
      http_headers: { "X-K": { secrets: ["s3cret"] } },
    };
    const result = await probe(`http://x:addr3ss@${server.host}/`, options, {
      log: (message, fields) => lines.push([message, fields]),
    });
    expect(verdictOf(result)).toBe("http_status");
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify([lines, result])).not.toMatch(/pa55word|s3cret|addr3ss|cGE1NXdvcmQ/);
  });
});

describe("contradicting options", () => {
  test.each([
    [{ body: "a", body_file: "b" }, "body_file: got body and body_file, want at most one of them"],
    [{ method: "GE T" }, 'method: got "GE T", want a method such as GET or POST'],
    [{ enable_http3: true }, "enable_http2: got enable_http2 and enable_http3, want at most one of them"],
    [
      { enable_http3: true, enable_http2: false, valid_http_versions: ["HTTP/3.0", "HTTP/1.1"] },
      "valid_http_versions.1: got HTTP/1.1, want HTTP/3.0, because of enable_http3",
    ],
    [
      { valid_http_versions: ["HTTP/1.1", "HTTP/3.0"] },
      "valid_http_versions.1: got HTTP/3.0, want a version of HTTP without enable_http3",
    ],
    [{ compression: "zstd" }, 'compression: got "zstd", want gzip, br, deflate or identity'],
    [{ valid_status_codes: [200, "x"] }, "valid_status_codes.1: got x, want a status code, a class"],
    [{ body_size_limit: "10 apples" }, "body_size_limit: got 10 apples, want a size such as"],
    [
      { compression: "gzip", headers: { "accept-encoding": "br, identity" } },
      "compression: got gzip, want a compression that the header accept-encoding: br, identity accepts",
    ],
    [{ allowed_targets: ["a", "b:0"] }, "allowed_targets.1: got b:0, want a host name"],
    [{ headers: { "X-A": "a\nb" } }, "headers.X-A: got a value with control characters, want"],
    [{ headers: { "X A": "a" } }, "headers.X A: got the header name"],
    [
      { http_headers: { host: { values: ["a"] } } },
      "http_headers.host: got the reserved header Host, want another",
    ],
    [
      { http_headers: { authorization: { secrets: ["a"] } } },
      "http_headers.authorization: got the reserved header Authorization",
    ],
    [
      { basic_auth: { username: "a" }, bearer_token: "b" },
      "bearer_token: got basic_auth and bearer_token, want at most one",
    ],
    [
      { authorization: { type: "Basic", credentials: "x" } },
      "authorization.type: got Basic, want another type",
    ],
    [
      { basic_auth: { username: "a", username_file: "b" } },
      "basic_auth.username_file: got username and username_file, want at most one of them",
    ],
    [
      { tls_config: { ca: "a", ca_file: "b" } },
      "tls_config.ca_file: got ca and ca_file, want at most one of them",
    ],
    [
      { tls_config: { cert: "a" } },
      "tls_config: got a client certificate without its key, want both or none",
    ],
    [{ tls_config: { key: "a" } }, "tls_config: got a client key without its certificate, want both or none"],
    [
      { tls_config: { min_version: "TLS13", max_version: "TLS12" } },
      "tls_config.max_version: got TLS12, want",
    ],
  ])("%j", (options, problem) => {
    expect(compile(options).problems).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    [{ unknown: 1 }],
    [{ tls_config: { unknown: 1 } }],
    [{ fail_if_body_matches_regexp: ["("] }],
    [{ fail_if_header_matches: [{ header: "a" }] }],
    [{ fail_if_header_matches: [{ header: "", regexp: "a" }] }],
    [{ basic_auth: { user: "a" } }],
  ])("%j is refused by the schema", (options) => {
    expect(() => compile(options)).toThrow(/data/);
  });

  test.each([
    [{ enable_http2: false, enable_http3: true }, "enable_http3: HTTP/3 is not supported"],
    [{ proxy_url: "socks5://a:1" }, "proxy_url: SOCKS proxies are not supported"],
    [{ proxy_url: "SOCKS5H://a:1" }, "proxy_url: SOCKS proxies are not supported"],
    [
      { oauth2: { client_id: "a", token_url: "http://a", proxy_url: "socks5://a:1" } },
      "oauth2.proxy_url: SOCKS proxies are not supported",
    ],
  ])("%j is not supported", (options, why) => {
    const { problems, warnings, unsupported } = compile(options);
    expect({ problems, warnings, unsupported }).toEqual({ problems: [], warnings: [], unsupported: [why] });
  });

  test.each([
    [undefined, 6],
    ["", 6],
    ["ip6", 6],
    ["ipv6", 6],
    ["IPv6", 6],
    ["ip4", 4],
    ["IPV4", 4],
  ])("the preferred protocol %j is IPv%d", (preferred_ip_protocol, preferred) => {
    const { module, warnings } = compile(defined({ preferred_ip_protocol }));
    expect(module.ip).toEqual({ preferred, fallback: true });
    expect(warnings).toEqual([]);
  });

  test.each(["4", "ip 6", "tcp6", "ip46"])("the preferred protocol %j is IPv4, with a warning", (word) => {
    const { module, warnings } = compile({ preferred_ip_protocol: word });
    expect(module.ip.preferred).toBe(4);
    expect(warnings).toEqual([
      expect.stringContaining(`preferred_ip_protocol: is "${word}", which means ip4`),
    ]);
  });

  test.each(["GZIP", "Br", "DEFLATE"])("compression %s is in any case", (compression) => {
    expect(compile({ compression }).module.bodyPlan.compression).toBe(compression.toLowerCase());
  });

  test.each(["", "identity", "Identity"])("compression %j is none", (compression) => {
    expect(compile({ compression }).module.bodyPlan.compression).toBeUndefined();
  });

  test("no_follow_redirects still works, with a warning", async () => {
    const { module, warnings } = compile({ no_follow_redirects: true });
    expect(module.followRedirects).toBe(false);
    expect(warnings).toEqual(["no_follow_redirects: is deprecated; use follow_redirects"]);
  });
});
