import type { ServerResponse } from "node:http";
import { brotliCompressSync, deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CLOSED_PORT, serveBytes, serveHttp } from "../../helpers/http-targets.ts";
import { detailOf, exposed, probe, valueIn, verdictOf } from "./probe.ts";

const answer =
  (status: number, headers: Record<string, string | string[]> = {}, body: string | Buffer = "") =>
  (response: ServerResponse): void => {
    response.writeHead(status, {
      ...(status === 204 ? {} : { "Content-Length": String(body.length) }),
      ...headers,
    });
    response.end(body);
  };

interface Row {
  readonly name: string;
  readonly options?: Record<string, unknown>;
  readonly answer: (response: ServerResponse) => void;
  readonly verdict: string;
  readonly series?: Record<string, number | undefined>;
}

const header = (regexp: string, allow_missing?: boolean) => [
  { header: "x-state", regexp, ...(allow_missing === undefined ? {} : { allow_missing }) },
];

const rows: readonly Row[] = [
  { name: "200 without options", answer: answer(200, {}, "hello"), verdict: "success" },
  { name: "404 without options", answer: answer(404), verdict: "http_status" },
  {
    name: "an accepted status",
    options: { valid_status_codes: [404] },
    answer: answer(404),
    verdict: "success",
  },
  {
    name: "an accepted class of statuses",
    options: { valid_status_codes: ["4xx"] },
    answer: answer(418),
    verdict: "success",
  },
  {
    name: "a body that must not match",
    options: { fail_if_body_matches_regexp: ["nothing", "err.r"] },
    answer: answer(200, {}, "an error occurred"),
    verdict: "body_mismatch",
    series: { probe_failed_due_to_regex: 1, probe_http_uncompressed_body_length: 17 },
  },
  {
    name: "a body that matches every expression",
    options: { fail_if_body_not_matches_regexp: ["a", "b$"] },
    answer: answer(200, {}, "a b"),
    verdict: "success",
    series: { probe_failed_due_to_regex: 0 },
  },
  {
    name: "a body that does not match one of its expressions",
    options: { fail_if_body_not_matches_regexp: ["a", "c"] },
    answer: answer(200, {}, "a b"),
    verdict: "body_mismatch",
    series: { probe_failed_due_to_regex: 1 },
  },
  {
    name: "expressions over the body are not judged after a wrong status",
    options: { fail_if_body_matches_regexp: ["e"] },
    answer: answer(500, {}, "error"),
    verdict: "http_status",
    series: { probe_failed_due_to_regex: 0, probe_http_uncompressed_body_length: 5 },
  },
  {
    name: "a header of several values, one of which must not match",
    options: { fail_if_header_matches: header("bad") },
    answer: answer(200, { "X-State": ["good", "bad"] }),
    verdict: "header_mismatch",
    series: { probe_failed_due_to_regex: 1 },
  },
  {
    name: "a header of several values, one of which matches",
    options: { fail_if_header_not_matches: header("^good$") },
    answer: answer(200, { "X-State": ["bad", "good"] }),
    verdict: "success",
  },
  {
    name: "a header that does not match",
    options: { fail_if_header_not_matches: header("good") },
    answer: answer(200, { "X-State": "bad" }),
    verdict: "header_mismatch",
  },
  {
    name: "a missing header that must not match",
    options: { fail_if_header_matches: header("bad") },
    answer: answer(200),
    verdict: "header_mismatch",
    series: { probe_failed_due_to_regex: 1 },
  },
  {
    name: "a missing header with allow_missing",
    options: { fail_if_header_matches: header("x", true), fail_if_header_not_matches: header("x", true) },
    answer: answer(200),
    verdict: "success",
  },
  {
    name: "an accepted version",
    options: { valid_http_versions: ["HTTP/1.1"] },
    answer: answer(200),
    verdict: "success",
  },
  {
    name: "another version than the accepted one",
    options: { valid_http_versions: ["HTTP/2.0"] },
    answer: answer(200),
    verdict: "header_mismatch",
    series: { probe_failed_due_to_regex: 0 },
  },
  { name: "fail_if_not_ssl", options: { fail_if_not_ssl: true }, answer: answer(200), verdict: "tls" },
  { name: "fail_if_ssl", options: { fail_if_ssl: true }, answer: answer(200), verdict: "success" },
  {
    name: "a body at the limit",
    options: { body_size_limit: "5B" },
    answer: answer(200, {}, "12345"),
    verdict: "success",
    series: { probe_http_uncompressed_body_length: 5 },
  },
  {
    name: "a body above the limit",
    options: { body_size_limit: "5B" },
    answer: answer(200, {}, "123456"),
    verdict: "too_large",
    series: { probe_http_uncompressed_body_length: 5, probe_http_content_length: 6 },
  },
  {
    name: "a body above the limit, with expressions",
    options: { body_size_limit: "5B", fail_if_body_matches_regexp: ["x"] },
    answer: answer(200, {}, "123456"),
    verdict: "too_large",
    series: { probe_failed_due_to_regex: 1 },
  },
  ...(
    [
      ["gzip", gzipSync],
      ["br", brotliCompressSync],
      ["deflate", deflateRawSync],
    ] as const
  ).flatMap(([compression, compress]): Row[] => [
    {
      name: `${compression}, decompressed`,
      options: { compression, fail_if_body_not_matches_regexp: ["^hello hello$"] },
      answer: answer(200, { "Content-Encoding": compression }, compress("hello hello")),
      verdict: "success",
      series: {
        probe_http_uncompressed_body_length: 11,
        probe_http_content_length: compress("hello hello").length,
      },
    },
    {
      name: `not ${compression}`,
      options: { compression },
      answer: answer(200, {}, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
      verdict: "malformed",
    },
    {
      name: `no body at all instead of ${compression}`,
      options: { compression },
      answer: answer(200),
      verdict: "malformed",
    },
  ]),
  {
    name: "a decompression bomb, stopped at the limit",
    options: { compression: "gzip", body_size_limit: "1KB" },
    answer: answer(200, {}, gzipSync(Buffer.alloc(5_000_000))),
    verdict: "too_large",
    series: { probe_http_uncompressed_body_length: 1024 },
  },
  {
    name: "a compressed body without compression",
    options: { fail_if_body_matches_regexp: ["hello"] },
    answer: answer(200, { "Content-Encoding": "gzip" }, gzipSync("hello")),
    verdict: "success",
    series: { probe_http_uncompressed_body_length: gzipSync("hello").length },
  },
  {
    name: "a chunked body has no announced length",
    answer: (response) => {
      response.write("a");
      response.end("b");
    },
    verdict: "success",
    series: { probe_http_content_length: -1, probe_http_uncompressed_body_length: 2 },
  },
  {
    name: "204",
    answer: answer(204),
    verdict: "success",
    series: { probe_http_content_length: 0, probe_http_uncompressed_body_length: 0 },
  },
  {
    name: "HEAD",
    options: { method: "HEAD" },
    answer: answer(200, { "Content-Length": "12" }),
    verdict: "success",
    series: { probe_http_content_length: 12, probe_http_uncompressed_body_length: 0 },
  },
  {
    name: "Last-Modified",
    answer: answer(200, { "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT" }),
    verdict: "success",
    series: { probe_http_last_modified_timestamp_seconds: 1_136_214_245 },
  },
  {
    name: "an invalid Last-Modified",
    answer: answer(200, { "Last-Modified": "yesterday" }),
    verdict: "success",
    series: { probe_http_last_modified_timestamp_seconds: undefined },
  },
  {
    name: "an incomplete body",
    answer: (response) => {
      response.writeHead(200, { "Content-Length": "10" });
      response.write("half");
      setImmediate(() => response.socket?.destroy());
    },
    verdict: "network",
    series: { probe_http_status_code: 200, probe_http_uncompressed_body_length: 4 },
  },
];

test.each(rows)("$name", async ({ options, answer, verdict, series = {} }) => {
  await using server = await serveHttp((_, response) => answer(response));
  const result = await probe(server.host, options);
  expect([verdictOf(result), detailOf(result)]).toEqual([verdict, expect.any(String)]);
  for (const [name, value] of Object.entries(series))
    expect([name, valueIn(result, name)]).toEqual([name, value]);
});

describe("malformed responses", () => {
  test.each([
    ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "success", 1.1],
    ["no reason phrase", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "success", 1.1],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "success",
      1.1,
    ],
    ["HTTP/1.0 until the connection ends", "HTTP/1.0 200 OK\r\n\r\nhi", "success", 1],
    ["more than announced", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", "success", 1.1],
    [
      "a control character in a header",
      "HTTP/1.1 200 OK\r\nX: a\x01b\r\nContent-Length: 2\r\n\r\nhi",
      "success",
      1.1,
    ],
    ["another protocol", "220 mail.example ESMTP\r\n", "malformed", 0],
    ["nothing", "", "network", 0],
  ])("%s", async (_, bytes, verdict, version) => {
    await using server = await serveBytes(bytes);
    const result = await probe(server.host);
    expect([verdictOf(result), valueIn(result, "probe_http_version")]).toEqual([verdict, version]);
    expect(valueIn(result, "probe_http_uncompressed_body_length")).toBe(verdict === "success" ? 2 : 0);
  });

  test("headers of 100 KB are accepted", async () => {
    await using server = await serveHttp((_, response) => {
      response.writeHead(200, Array.from({ length: 10 }, (_, i) => [`X-${i}`, "x".repeat(10_000)]).flat());
      response.end();
    });
    expect(verdictOf(await probe(server.host))).toBe("success");
  });

  test("101 is judged by its status, without waiting for the end of the connection", async () => {
    await using server = await serveBytes(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    const result = await probe(server.host, { valid_status_codes: [101], headers });
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_http_content_length")).toBe(0);
  });
});

describe("unreachable targets", () => {
  test("a closed port: connect, with phases of 0", async () => {
    const result = await probe(`127.0.0.1:${CLOSED_PORT}`);
    expect(verdictOf(result)).toBe("connect");
    expect(detailOf(result)).toContain("ECONNREFUSED");
    expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBe(0);
    expect(valueIn(result, 'probe_http_duration_seconds{phase="transfer"}')).toBe(0);
    expect(valueIn(result, "probe_ip_protocol")).toBe(4);
  });

  test("an invalid port: connect", async () => {
    const result = await probe("http://127.0.0.1:99999/");
    expect([verdictOf(result), detailOf(result)]).toEqual(["connect", "there is no port 99999"]);
    expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBe(0);
  });

  test("an unknown name: dns, with the phase resolve only", async () => {
    const result = await probe("http://does-not-exist.invalid/");
    expect(verdictOf(result)).toBe("dns");
    const phases = [...exposed(result).keys()].filter((series) => series.includes("phase="));
    expect(phases).toEqual(['probe_http_duration_seconds{phase="resolve"}']);
    expect(valueIn(result, "probe_ip_protocol")).toBe(0);
    expect(valueIn(result, "probe_ip_addr_hash")).toBe(0);
  });

  test("no address of the preferred version and no fallback: dns", async () => {
    const result = await probe("http://127.0.0.1/", {
      preferred_ip_protocol: "ip6",
      ip_protocol_fallback: false,
    });
    expect(verdictOf(result)).toBe("dns");
  });

  test("an invalid address: bad_request, without a resolution", async () => {
    const result = await probe("http://[::zz]/");
    expect(verdictOf(result)).toBe("bad_request");
    expect([...exposed(result).keys()]).toEqual([
      "probe_http_status_code",
      "probe_http_content_length",
      "probe_http_uncompressed_body_length",
      "probe_http_redirects",
      "probe_http_ssl",
      "probe_http_version",
      "probe_failed_due_to_regex",
    ]);
  });

  test("a metadata address: forbidden_target before anything is sent", async () => {
    const result = await probe("http://169.254.169.254/latest/meta-data/");
    expect(verdictOf(result)).toBe("forbidden_target");
    expect(valueIn(result, 'probe_http_duration_seconds{phase="connect"}')).toBeUndefined();
  });

  test("a target outside of allowed_targets: forbidden_target, unless it is configured", async () => {
    await using server = await serveHttp((_, response) => response.end());
    const options = { allowed_targets: ["example.com"] };
    expect(verdictOf(await probe(server.host, options))).toBe("forbidden_target");
    expect(verdictOf(await probe(server.host, options, { configured: true }))).toBe("success");
    expect(verdictOf(await probe(server.host, { allowed_targets: ["127.0.0.0/8"] }))).toBe("success");
  });
});
