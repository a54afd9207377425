import { writeFile } from "node:fs/promises";
import { redirect } from "../answers.ts";
import type { Case } from "../case.ts";

/** The changes from a probe that is not sent to a successful one. */
const found = [
  "probe_http_content_length: 0 -> 5",
  "probe_http_status_code: 0 -> 200",
  "probe_http_uncompressed_body_length: 0 -> 5",
  "probe_http_version: 0 -> 1.1",
  "probe_success: 0 -> 1",
  ...["connect", "tls", "processing", "transfer"].map(
    (phase) => `+ probe_http_duration_seconds{phase="${phase}"}`,
  ),
  "requests: 0 -> 1",
];

/** Request headers. */
export const headers: readonly Case[] = [
  {
    name: "headers",
    verdict: "success",
    http: '{ headers: { x-lower: a, X-UPPER: "1", X-Space: "  b  ", X-Umlaut: ü, X-Empty: "" } }',
  },
  {
    name: "headers with values as written",
    verdict: "success",
    http: "{ headers: { X-A: 1.10, X-B: 007, X-C: yes, X-D: 0x1F, X-F: 2024-01-01, X-G: 1_000 } }",
  },
  {
    name: "headers with null values",
    verdict: "success",
    http: "{ headers: { X-A: ~, X-B: null, X-C: } }",
  },
  {
    name: "a User-Agent of the module",
    verdict: "success",
    agent: true,
    http: "{ headers: { user-agent: mine } }",
  },
  { name: "an empty User-Agent", verdict: "success", agent: true, http: "{ headers: { User-Agent: '' } }" },
  {
    name: "Content-Type and Accept",
    verdict: "success",
    http: "{ method: POST, body: '{}', headers: { Content-Type: application/json, Accept: '*/*' } }",
  },
  {
    name: "a Connection header",
    verdict: "success",
    http: "{ headers: { Connection: keep-alive } }",
    differs: { "connection-header": ["request 1: header Connection: keep-alive | close -> keep-alive"] },
  },
  {
    name: "a Content-Length header",
    verdict: "success",
    http: "{ method: POST, body: data, headers: { Content-Length: '3' } }",
  },
  {
    name: "a Transfer-Encoding header",
    verdict: "success",
    http: "{ method: POST, body: data, headers: { Transfer-Encoding: chunked } }",
  },
  {
    name: "an Expect header",
    verdict: "success",
    http: "{ method: POST, body: data, headers: { Expect: 100-continue } }",
  },
  {
    name: "an Accept-Encoding header",
    verdict: "success",
    http: "{ headers: { Accept-Encoding: 'gzip, br' } }",
  },
  { name: "a Host header", verdict: "success", http: "{ headers: { host: www.example.com } }" },
  {
    name: "a Host header with a port",
    verdict: "success",
    http: "{ headers: { HOST: 'www.example.com:81' } }",
  },
  { name: "an empty Host header", verdict: "success", http: "{ headers: { Host: '' } }" },
  { name: "a Host header in capitals", verdict: "success", http: "{ headers: { Host: WWW.Example.COM } }" },
  { name: "the hostname parameter", verdict: "success", parameters: () => ({ hostname: "www.example.com" }) },
  { name: "an empty hostname parameter", verdict: "success", parameters: () => ({ hostname: "" }) },
  {
    name: "the hostname parameter and the same Host header",
    verdict: "success",
    http: "{ headers: { Host: www.example.com } }",
    parameters: () => ({ hostname: "www.example.com" }),
  },
  {
    name: "http_headers",
    verdict: "success",
    http: "{ http_headers: { x-several: { values: [one, two] }, X-Secret: { secrets: [hidden] }, X-Mixed: { values: [a], secrets: [b] } } }",
  },
  {
    name: "http_headers from files",
    verdict: "success",
    http: ({ file }) =>
      `{ http_headers: { X-File: { values: [a], files: [${file("header.txt")}, ${file("header-other.txt")}] } } }`,
  },
  {
    name: "http_headers from a missing file",
    verdict: "failure",
    http: ({ file }) => `{ http_headers: { X-File: { files: [${file("nothing")}] } } }`,
  },
  {
    name: "http_headers beside headers",
    verdict: "success",
    http: "{ headers: { X-A: one }, http_headers: { X-A: { values: [two] }, X-B: { values: [three] } } }",
  },
  { name: "http_headers without a value", verdict: "success", http: "{ http_headers: { X-A: {} } }" },
  {
    name: "http_headers on a redirect",
    verdict: "success",
    http: "{ http_headers: { X-A: { values: [a], secrets: [b] } } }",
    answer: redirect(({ path }) => `${path}/1`),
  },
  {
    name: "http_headers on a redirect to another host",
    verdict: "success",
    http: "{ http_headers: { X-A: { values: [a] }, X-Secret: { secrets: [b] } } }",
    answer: redirect(({ url }) => `${url("http", "127.0.0.2")}/1`),
    differs: { "secrets-stay": ["request 2: - header X-Secret"] },
  },
  {
    name: "http_headers from a file on a redirect to another host",
    verdict: "success",
    http: ({ file }) => `{ http_headers: { X-Secret: { files: [${file("header.txt")}] } } }`,
    answer: redirect(({ url }) => `${url("http", "127.0.0.2")}/1`),
    differs: { "secrets-stay": ["request 2: - header X-Secret"] },
  },
  {
    name: "headers on a redirect to another host",
    verdict: "success",
    http: "{ headers: { X-A: a, X-Api-Key: b, Www-Authenticate: c, Proxy-Authorization: d } }",
    answer: redirect(({ url }) => `${url("http", "127.0.0.2")}/1`),
  },
  {
    name: "a body file that changes",
    verdict: "success",
    http: ({ file }) => `{ method: POST, body_file: ${file("changing-body.txt")} }`,
    between: ({ file }) => writeFile(file("changing-body.txt"), "the second one"),
  },
  {
    name: "a file beside the configuration",
    verdict: "failure",
    http: "{ method: POST, body_file: beside.txt }",
    differs: { "relative-paths": found },
  },
];
