import { constants, type ServerHttp2Stream } from "node:http2";
import { gzipSync } from "node:zlib";
import { answer, countdown, json, redirect, text } from "../answers.ts";
import type { Answer, Case } from "../case.ts";
import type { Reply } from "../targets/requests.ts";
import { acceptedCertificate, trusting } from "./trust.ts";

/** Returns trusting options with others beside `tls_config`. */
const trustingWith = (more: string) => trusting("", more);

/** Returns the stream of an HTTP/2 response. */
const streamOf = (reply: Reply): ServerHttp2Stream => {
  if (!("stream" in reply)) throw new Error("not a response of HTTP/2");
  return reply.stream as ServerHttp2Stream;
};

/** Refuses every other stream, beginning with the first. */
function refusingEveryOther(): Answer {
  let streams = 0;
  return (_, reply) => {
    streams += 1;
    if (streams % 2 === 1) streamOf(reply).close(constants.NGHTTP2_REFUSED_STREAM);
    else reply.end("x");
  };
}

const over = (name: string, more: Partial<Case> = {}): Case => ({
  name: `HTTP/2: ${name}`,
  verdict: "success",
  at: "http2",
  http: trusting(),
  ...more,
});

/** HTTP/2, negotiated in the TLS handshake. */
export const http2: readonly Case[] = [
  over("by ALPN", { http: trustingWith(', valid_http_versions: ["HTTP/2.0"]') }),
  over("spelled without its zero", {
    verdict: "failure",
    http: trustingWith(', valid_http_versions: ["HTTP/2"]'),
  }),
  over("disabled", { http: trustingWith(', enable_http2: false, valid_http_versions: ["HTTP/1.1"]') }),
  over("disabled, at a server without HTTP/1.1", {
    verdict: "failure",
    at: "http2Only",
    http: trustingWith(", enable_http2: false"),
  }),
  over("at a server without HTTP/1.1", { at: "http2Only" }),
  over("by name with another Host", {
    host: "localhost",
    http: trustingWith(", headers: { Host: www.example.com, X-A: b, Connection: close, TE: trailers }"),
  }),
  over("a body without a length", {
    answer: (_, reply) => (reply.writeHead(200), reply.write("a"), reply.end("b")),
  }),
  over("no body and no length", { answer: (_, reply) => (reply.writeHead(200), reply.end()) }),
  over("status 204", { answer: (_, reply) => (reply.writeHead(204), reply.end()) }),
  over("status 404", { verdict: "failure", answer: answer(404) }),
  over("HEAD", { http: trustingWith(", method: HEAD") }),
  over("POST with a body", { http: trustingWith(", method: POST, body: data") }),
  over("POST without a body", { http: trustingWith(", method: POST") }),
  over("POST with a body from a file", {
    http: (place) => trustingWith(`, method: POST, body_file: ${place.file("body.txt")}`)(place),
  }),
  over("a huge body", {
    answer: text("x".repeat(3_000_000)),
    http: trustingWith(", fail_if_body_not_matches_regexp: ['x$']"),
  }),
  over("a body above its limit", {
    verdict: "failure",
    answer: text("x".repeat(3000)),
    http: trustingWith(", body_size_limit: 1KB"),
  }),
  over("gzip", {
    http: trustingWith(", compression: gzip, fail_if_body_not_matches_regexp: [hello]"),
    answer: text(gzipSync("hello"), { "Content-Encoding": "gzip" }),
  }),
  over("several values of a header", {
    answer: text("x", { "X-List": ["one", "two"] }),
    http: trustingWith(", fail_if_header_not_matches: [{ header: X-List, regexp: '^two$' }]"),
  }),
  over("cookies that are set", {
    answer: redirect(({ path }) => `${path}/1`, 302, { "Set-Cookie": ["a=b", "c=d"] }),
  }),
  over("a rule for Set-Cookie", {
    answer: text("x", { "Set-Cookie": ["a=b", "c=d"] }),
    http: trustingWith(", fail_if_header_not_matches: [{ header: Set-Cookie, regexp: '^c=d$' }]"),
  }),
  over("redirects", { path: "/3", answer: countdown }),
  over("a redirect that is not followed", {
    http: trustingWith(", follow_redirects: false, valid_status_codes: [302]"),
    answer: redirect(({ path }) => `${path}/1`),
  }),
  over("a redirect to HTTP/1.1", { answer: redirect(({ url }) => `${url("https")}/1`) }),
  over("basic_auth", { http: trustingWith(", basic_auth: { username: u, password: p }") }),
  over("JSON", {
    http: trustingWith(`, fail_if_body_json_not_matches_cel: "body.a == 1"`),
    answer: json({ a: 1 }),
  }),
  over("Last-Modified", { answer: text("x", { "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT" }) }),
  over("a slow answer", {
    slow: true,
    answer: (_, reply) => void setTimeout(() => (reply.writeHead(200), reply.end("x")), 700),
  }),
  over("no answer before the deadline", {
    verdict: "failure",
    slow: true,
    timeout: "1s",
    answer: () => undefined,
    ...acceptedCertificate,
  }),
  over("half a body before the deadline", {
    verdict: "failure",
    slow: true,
    timeout: "1s",
    answer: (_, reply) => (reply.writeHead(200), void reply.write("half")),
  }),
  over("a stream that is reset", {
    verdict: "failure",
    answer: (_, reply) => streamOf(reply).close(constants.NGHTTP2_INTERNAL_ERROR),
    ...acceptedCertificate,
  }),
  over("a stream that is refused once", {
    answer: refusingEveryOther(),
    // blackbox_exporter sends the request twice, so the next refusal is for this exporter.
    differs: {
      "refused-streams": [
        "probe_http_content_length: -1 -> 0",
        'probe_http_duration_seconds{phase="processing"}: some time -> 0',
        'probe_http_duration_seconds{phase="transfer"}: some time -> 0',
        "probe_http_ssl: 1 -> 0",
        "probe_http_status_code: 200 -> 0",
        "probe_http_uncompressed_body_length: 1 -> 0",
        "probe_http_version: 2 -> 0",
        "probe_success: 1 -> 0",
        "requests: 2 -> 1",
      ],
    },
  }),
  over("a stream that is reset in the body", {
    verdict: "failure",
    answer: (_, reply) => {
      reply.writeHead(200);
      reply.write("half");
      setTimeout(() => streamOf(reply).close(constants.NGHTTP2_INTERNAL_ERROR), 100);
    },
  }),
  over("a connection that is closed", {
    verdict: "failure",
    answer: (_, reply) => streamOf(reply).session?.destroy(),
    ...acceptedCertificate,
  }),
  over("a connection that is closed in the body", {
    verdict: "failure",
    answer: (_, reply) => {
      reply.writeHead(200);
      reply.write("half");
      setTimeout(() => streamOf(reply).session?.destroy(), 100);
    },
  }),
  over("a body shorter than its length", {
    verdict: "failure",
    answer: (_, reply) => (reply.writeHead(200, { "Content-Length": 10 }), reply.end("short")),
  }),
  over("a body longer than its length", {
    verdict: "failure",
    answer: (_, reply) => (reply.writeHead(200, { "Content-Length": 2 }), reply.end("longer")),
    differs: { "length-of-broken-bodies": ["probe_http_uncompressed_body_length: 2 -> 0"] },
  }),
  over("trailers", {
    answer: (_, reply) => {
      reply.writeHead(200);
      reply.addTrailers?.({ "X-After": "1" });
      reply.end("x");
    },
  }),
  over("a header of 10 kB", { answer: text("x", { "X-A": "a".repeat(10_000) }) }),
  over("a header of 50 kB", { answer: text("x", { "X-A": "a".repeat(50_000) }) }),
  over("200 headers", {
    http: trustingWith(", fail_if_header_not_matches: [{ header: X-199, regexp: b }]"),
    answer: text("x", Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`X-${i}`, "b"]))),
  }),
  over("the path as written", { path: "/a/../b?c=d&&e" }),
  over("credentials in the address", {
    target: ({ port, path }) => `https://user:word@127.0.0.1:${port("http2")}${path}`,
  }),
  over("several values of a header of the request", {
    http: trustingWith(", http_headers: { X-A: { values: [one, two] } }"),
  }),
  over("an empty body from a file", {
    http: (place) => trustingWith(`, method: POST, body_file: ${place.file("empty.txt")}`)(place),
  }),
  over("POST after 307", {
    http: trustingWith(", method: POST, body: data"),
    answer: redirect(({ path }) => `${path}/1`, 307),
  }),
  over("early hints before the answer", {
    answer: (_, reply) => (
      "writeEarlyHints" in reply &&
        typeof reply.writeEarlyHints === "function" &&
        reply.writeEarlyHints({ link: "</a>; rel=preload" }),
      reply.writeHead(200),
      reply.end("x")
    ),
  }),
];
