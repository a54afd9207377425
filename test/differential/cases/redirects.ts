import { answer, countdown, redirect, script, text, to } from "../answers.ts";
import type { Case, Place } from "../case.ts";

const on = ({ path }: Place): string => `${path}/1`;
const withBody = "method: POST, body: data, headers: { Content-Type: text/plain, X-Kept: yes }";

/** Redirects: their number, their targets, and the headers and bodies sent after them. */
export const redirects: readonly Case[] = [
  { name: "no redirect", verdict: "success", path: "/0", answer: countdown },
  { name: "one redirect", verdict: "success", path: "/1", answer: countdown },
  { name: "ten redirects", verdict: "success", path: "/10", answer: countdown },
  { name: "eleven redirects", verdict: "failure", path: "/11", answer: countdown },
  {
    name: "eleven redirects, the last of which is accepted",
    verdict: "success",
    path: "/11",
    http: "{ valid_status_codes: [302] }",
    answer: countdown,
  },
  { name: "a loop", verdict: "failure", answer: to(({ path }) => path) },
  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      name: `a redirect with ${status}`,
      verdict: "success",
      answer: redirect(on, status),
    }),
  ),
  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      name: `a redirect with ${status} that is not followed`,
      verdict: "success",
      http: `{ follow_redirects: no, valid_status_codes: [${status}] }`,
      answer: redirect(on, status),
    }),
  ),
  {
    name: "a redirect that is not followed and not accepted",
    verdict: "failure",
    http: "{ follow_redirects: false }",
    answer: redirect(on),
  },
  {
    name: "a redirect that is not followed by the old option",
    verdict: "success",
    http: "{ no_follow_redirects: true, valid_status_codes: [302] }",
    answer: redirect(on),
  },
  {
    name: "a redirect that is not followed with an expression",
    verdict: "failure",
    http: "{ follow_redirects: false, valid_status_codes: [302], fail_if_body_matches_regexp: [never] }",
    answer: redirect(on),
  },
  {
    name: "a redirect that is not followed with a header rule",
    verdict: "success",
    http: "{ follow_redirects: false, valid_status_codes: [302], fail_if_header_not_matches: [{ header: Location, regexp: there }] }",
    answer: redirect(() => "/there"),
  },
  {
    name: "a redirect with 300",
    verdict: "success",
    http: "{ valid_status_codes: [300] }",
    answer: redirect(on, 300),
  },
  { name: "a redirect with 305", verdict: "failure", answer: redirect(on, 305) },
  {
    name: "a redirect without Location",
    verdict: "success",
    http: "{ valid_status_codes: [302] }",
    answer: answer(302, {}, "here"),
  },
  {
    name: "a redirect with an empty Location",
    verdict: "failure",
    answer: answer(302, { Location: "" }, "here"),
  },
  { name: "a 201 with Location", verdict: "success", answer: answer(201, { Location: "/elsewhere" }) },

  { name: "a relative path", verdict: "success", path: "/", answer: redirect(() => "1?a=b") },
  {
    name: "a relative path with dots",
    verdict: "success",
    path: "/",
    answer: redirect(({ path }) => `..${path}/./x/../1`),
  },
  {
    name: "a query alone",
    verdict: "success",
    path: "/1?first",
    answer: ({ rest }, reply) =>
      rest === "/1?first"
        ? (reply.writeHead(302, { Location: "?second" }), reply.end())
        : (reply.writeHead(200), reply.end(rest)),
  },
  { name: "a fragment", verdict: "success", answer: redirect(({ path }) => `${path}/1#part`) },
  {
    name: "a path with spaces and umlauts",
    verdict: "success",
    at: "raw",
    raw: (socket, { path }, rest) =>
      socket.end(
        rest === ""
          ? `HTTP/1.1 302 Found\r\nLocation: ${path}/a b/\xc3\xbc?\xc3\xbc x\r\nContent-Length: 0\r\n\r\n`
          : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "latin1",
      ),
    differs: {
      "escaped-query": [
        `request 2: target: /a-path-with-spaces-and-umlauts/a%20b/%C3%BC?\xc3\xbc -> /a-path-with-spaces-and-umlauts/a%20b/%C3%BC?%C3%BC%20x`,
        "request 2: version: x -> 1.1",
      ],
    },
  },
  {
    name: "a path with encoded characters",
    verdict: "success",
    answer: redirect(({ path }) => `${path}/1%2F2%20%7e?x=%41`),
  },
  { name: "a whole address", verdict: "success", answer: redirect(({ url }) => `${url("http")}/1`) },
  {
    name: "a whole address with another name",
    verdict: "success",
    host: "localhost",
    answer: redirect(({ url }) => `${url("http", "127.0.0.1")}/1`),
  },
  {
    name: "an address without a scheme",
    verdict: "success",
    answer: redirect(({ url }) => `${url("http").slice(5)}/1`),
  },
  {
    name: "another host",
    verdict: "success",
    answer: redirect(({ url }) => `${url("http", "127.0.0.2")}/1`),
  },
  {
    name: "another host by name",
    verdict: "success",
    answer: redirect(({ url }) => `${url("http", "localhost")}/1`),
  },
  {
    name: "another port",
    verdict: "success",
    answer: redirect(({ url }) => `${url("raw")}/1`),
    raw: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  },
  {
    name: "another host and back",
    verdict: "success",
    http: "{ basic_auth: { username: u, password: p } }",
    answer: script(
      to(({ url }) => `${url("http", "127.0.0.2")}/1`),
      to(({ url }) => `${url("http")}/2`),
      text("back"),
    ),
  },
  { name: "another scheme", verdict: "failure", answer: redirect(() => "ftp://example.com/") },
  {
    name: "another scheme that is not followed",
    verdict: "success",
    http: "{ follow_redirects: false, valid_status_codes: [302] }",
    answer: redirect(() => "ftp://example.com/"),
  },
  { name: "an invalid address", verdict: "failure", answer: redirect(() => "http://[::1/") },
  { name: "an invalid percent-encoding", verdict: "failure", answer: redirect(() => "/%zz") },
  {
    name: "an unknown host",
    verdict: "failure",
    timeout: "3s",
    answer: redirect(() => "http://nowhere.invalid/"),
  },
  {
    name: "a closed port after a redirect",
    verdict: "failure",
    answer: redirect(({ port }) => `http://127.0.0.1:${port("closed")}/`),
  },
  {
    name: "a redirect with credentials in its address",
    verdict: "success",
    answer: redirect(({ port, path }) => `http://user:word@127.0.0.1:${port("http")}${path}/1`),
  },
  {
    name: "from plain HTTP to TLS",
    verdict: "success",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("root.pem")} } }`,
    answer: redirect(({ url }) => `${url("https", "localhost")}/1`),
  },
  {
    name: "from TLS to plain HTTP",
    verdict: "success",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("root.pem")} }, fail_if_ssl: true }`,
    answer: redirect(({ url }) => `${url("http")}/1`),
  },

  ...[301, 302, 303, 307, 308].map(
    (status): Case => ({
      name: `POST after ${status}`,
      verdict: "success",
      http: `{ ${withBody} }`,
      answer: redirect(on, status),
    }),
  ),
  { name: "PUT after 302", verdict: "success", http: "{ method: PUT, body: data }", answer: redirect(on) },
  { name: "HEAD after 302", verdict: "success", http: "{ method: HEAD }", answer: redirect(on) },
  { name: "HEAD after 303", verdict: "success", http: "{ method: HEAD }", answer: redirect(on, 303) },
  { name: "DELETE after 302", verdict: "success", http: "{ method: DELETE }", answer: redirect(on) },
  { name: "DELETE after 307", verdict: "success", http: "{ method: DELETE }", answer: redirect(on, 307) },
  {
    name: "POST from a file after 302",
    verdict: "success",
    http: ({ file }) => `{ method: POST, body_file: ${file("body.txt")} }`,
    answer: redirect(on),
  },
  {
    name: "POST from a file after 307",
    verdict: "failure",
    http: ({ file }) => `{ method: POST, body_file: ${file("body.txt")} }`,
    answer: redirect(on, 307),
  },
  {
    name: "POST from an empty file after 307",
    verdict: "failure",
    http: ({ file }) => `{ method: POST, body_file: ${file("empty.txt")} }`,
    answer: redirect(on, 307),
  },
  {
    name: "POST after 307 and 302",
    verdict: "success",
    http: `{ ${withBody} }`,
    answer: script(
      to(on, 307),
      to(({ path }) => `${path}/2`),
      text("there"),
    ),
  },
  {
    name: "POST after 302 and 307",
    verdict: "success",
    http: `{ ${withBody} }`,
    answer: script(
      to(on),
      to(({ path }) => `${path}/2`, 307),
      text("there"),
    ),
  },

  {
    name: "Referer of relative redirects",
    verdict: "success",
    host: "localhost",
    answer: script(
      to(on),
      to(({ path }) => `${path}/2`),
      text("there"),
    ),
  },
  {
    name: "Referer with credentials in the address",
    verdict: "success",
    target: ({ port, path }) => `http://user:word@localhost:${port("http")}${path}`,
    answer: script(
      to(on),
      to(({ path }) => `${path}/2`),
      text("there"),
    ),
  },
  {
    name: "Referer of the module",
    verdict: "success",
    http: "{ headers: { Referer: 'http://example.com/' } }",
    answer: script(
      to(on),
      to(({ path }) => `${path}/2`),
      text("there"),
    ),
  },
  {
    name: "the Host header on relative redirects",
    verdict: "success",
    http: "{ headers: { Host: www.example.com } }",
    answer: redirect(on),
  },
  {
    name: "the Host header on redirects with a host",
    verdict: "success",
    http: "{ headers: { Host: www.example.com } }",
    answer: redirect(({ url }) => `${url("http", "localhost")}/1`),
  },
  {
    name: "one deadline for all redirects",
    verdict: "failure",
    timeout: "2s",
    answer: (request, reply, place) => void setTimeout(() => to(on)(request, reply, place), 1200),
  },
];
