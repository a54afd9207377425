import { USER_AGENT } from "../../../src/core/user-agent.ts";
import { answer, text } from "../answers.ts";
import type { Case } from "../case.ts";

const head = "HTTP/1.1 200 OK\r\n";

/** Plain requests, methods, statuses and versions. */
export const basics: readonly Case[] = [
  { name: "plain HTTP", verdict: "success" },
  {
    name: "the User-Agent",
    verdict: "success",
    agent: true,
    differs: {
      "user-agent": [`request 1: header User-Agent: Blackbox-Exporter/0.28.0 -> ${USER_AGENT}`],
    },
  },
  { name: "HEAD", verdict: "success", http: "{ method: HEAD }" },
  {
    name: "HEAD without a length",
    verdict: "success",
    http: "{ method: HEAD }",
    at: "raw",
    raw: `${head}\r\n`,
  },
  { name: "POST with a body", verdict: "success", http: "{ method: POST, body: 'dätä' }" },
  { name: "POST without a body", verdict: "success", http: "{ method: POST }" },
  { name: "PUT without a body", verdict: "success", http: "{ method: PUT }" },
  { name: "PATCH with a body", verdict: "success", http: "{ method: PATCH, body: x }" },
  { name: "DELETE", verdict: "success", http: "{ method: DELETE }" },
  { name: "DELETE with a body", verdict: "success", http: "{ method: DELETE, body: x }" },
  { name: "OPTIONS", verdict: "success", http: "{ method: OPTIONS }" },
  { name: "GET with a body", verdict: "success", http: "{ body: x }" },
  {
    name: "a method in lower case",
    verdict: "failure",
    at: "raw",
    http: "{ method: get }",
    raw: "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n",
    differs: { "unusual-methods": ["request 1: method: get -> GET"] },
  },
  {
    name: "an unknown method",
    verdict: "success",
    at: "raw",
    http: "{ method: PROBE }",
    raw: `${head}Content-Length: 0\r\n\r\n`,
    differs: { "unusual-methods": ["request 1: + header Content-Length"] },
  },
  {
    name: "an unknown method with a body",
    verdict: "success",
    at: "raw",
    http: "{ method: PROBE, body: x }",
    raw: `${head}Content-Length: 0\r\n\r\n`,
  },
  { name: "an empty method", verdict: "success", http: "{ method: '' }" },
  {
    name: "a body from a file",
    verdict: "success",
    http: ({ file }) => `{ method: POST, body_file: ${file("body.txt")} }`,
  },
  {
    name: "a body from an empty file",
    verdict: "success",
    http: ({ file }) => `{ method: POST, body_file: ${file("empty.txt")} }`,
  },
  {
    name: "a body from an empty file with GET",
    verdict: "success",
    http: ({ file }) => `{ body_file: ${file("empty.txt")} }`,
  },
  {
    name: "a body from a missing file",
    verdict: "failure",
    http: ({ file }) => `{ method: POST, body_file: ${file("nothing")} }`,
  },
  { name: "a body that is a number, as written", verdict: "success", http: "{ method: POST, body: 1.10 }" },
  { name: "a body with escapes", verdict: "success", http: '{ method: POST, body: "a\\n\\tb \\u00e9\\n" }' },

  { name: "status 404", verdict: "failure", answer: answer(404, {}, "not here") },
  {
    name: "status 404 that is accepted",
    verdict: "success",
    http: "{ valid_status_codes: [200, 404] }",
    answer: answer(404),
  },
  {
    name: "status 201 that is not accepted",
    verdict: "failure",
    http: "{ valid_status_codes: [200] }",
    answer: answer(201),
  },
  { name: "status 299", verdict: "success", answer: answer(299) },
  { name: "status 500 with a body", verdict: "failure", answer: answer(500, {}, "oh") },
  { name: "an empty list of statuses", verdict: "success", http: "{ valid_status_codes: [] }" },
  { name: "status 204", verdict: "success", answer: (_, reply) => (reply.writeHead(204), reply.end()) },
  { name: "status 304", verdict: "failure", answer: (_, reply) => (reply.writeHead(304), reply.end()) },
  {
    name: "status 304 with a length",
    verdict: "success",
    http: "{ valid_status_codes: [304] }",
    at: "raw",
    raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
  },
  {
    name: "status 205 with a body",
    verdict: "success",
    at: "raw",
    raw: "HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n\r\nhi",
  },
  {
    name: "status 101",
    verdict: "success",
    http: "{ valid_status_codes: [101] }",
    at: "raw",
    raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
  },
  {
    name: "status 101 that is not accepted",
    verdict: "failure",
    at: "raw",
    raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
  },
  {
    name: "status 100 before the response",
    verdict: "success",
    at: "raw",
    raw: `HTTP/1.1 100 Continue\r\n\r\n${head}Content-Length: 2\r\n\r\nhi`,
  },
  {
    name: "status 103 before the response",
    verdict: "success",
    at: "raw",
    raw: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head}Content-Length: 2\r\n\r\nhi`,
  },
  {
    name: "status 600",
    verdict: "success",
    http: "{ valid_status_codes: [600] }",
    at: "raw",
    raw: "HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
  },
  { name: "status 099", verdict: "failure", at: "raw", raw: "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n" },
  {
    name: "a status without a reason",
    verdict: "success",
    at: "raw",
    raw: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
  },

  { name: "an accepted version", verdict: "success", http: '{ valid_http_versions: ["HTTP/1.1"] }' },
  {
    name: "a version that is not accepted",
    verdict: "failure",
    http: '{ valid_http_versions: ["HTTP/2.0", "HTTP/2"] }',
  },
  {
    name: "HTTP/1.0",
    verdict: "success",
    at: "raw",
    http: '{ valid_http_versions: ["HTTP/1.0"] }',
    raw: "HTTP/1.0 200 OK\r\n\r\nhello",
  },
  {
    name: "HTTP/1.0 with chunks",
    verdict: "success",
    at: "raw",
    raw: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    differs: { "odd-framing": ["probe_http_uncompressed_body_length: 12 -> 2"] },
  },
  { name: "fail_if_ssl on plain HTTP", verdict: "success", http: "{ fail_if_ssl: true }" },
  { name: "fail_if_not_ssl on plain HTTP", verdict: "failure", http: "{ fail_if_not_ssl: yes }" },
  {
    name: "fail_if_ssl on TLS",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ fail_if_ssl: on, tls_config: { ca_file: ${file("root.pem")} } }`,
  },
  {
    name: "fail_if_not_ssl on TLS",
    verdict: "success",
    at: "https",
    http: ({ file }) => `{ fail_if_not_ssl: true, tls_config: { ca_file: ${file("root.pem")} } }`,
  },

  {
    name: "Last-Modified",
    verdict: "success",
    answer: text("x", { "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT" }),
  },
  {
    name: "Last-Modified in RFC 850",
    verdict: "success",
    answer: text("x", { "Last-Modified": "Monday, 02-Jan-06 15:04:05 GMT" }),
  },
  {
    name: "Last-Modified as asctime",
    verdict: "success",
    answer: text("x", { "Last-Modified": "Mon Jan  2 15:04:05 2006" }),
  },
  {
    name: "an invalid Last-Modified",
    verdict: "success",
    answer: text("x", { "Last-Modified": "yesterday" }),
  },
  {
    name: "Last-Modified with another zone",
    verdict: "success",
    answer: text("x", { "Last-Modified": "Mon, 02 Jan 2006 15:04:05 +0100" }),
  },
  {
    name: "Last-Modified on a 404",
    verdict: "failure",
    answer: answer(404, { "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT" }),
  },
];
