import { answer, json, text } from "../answers.ts";
import type { Case } from "../case.ts";

const list = text("x", { "X-List": ["one", "two"] });
const state = json({
  status: "up",
  count: 3,
  ratio: 0.5,
  list: [1, "a", null],
  nested: { ok: true },
  "odd-key": 1,
});

const matches = (
  name: string,
  verdict: "success" | "failure",
  expression: string,
  more: Partial<Case> = {},
): Case => ({
  name: `CEL: ${name}`,
  verdict,
  http: `{ fail_if_body_json_matches_cel: ${JSON.stringify(expression)} }`,
  answer: state,
  ...more,
});
const holds = (
  name: string,
  verdict: "success" | "failure",
  expression: string,
  more: Partial<Case> = {},
): Case => ({
  ...matches(name, verdict, expression),
  http: `{ fail_if_body_json_not_matches_cel: ${JSON.stringify(expression)} }`,
  ...more,
});

const MEBIBYTE = Buffer.alloc(1024 * 1024, "x");

/** Expressions over bodies, headers and JSON. */
export const rules: readonly Case[] = [
  {
    name: "a body that must not match and does not",
    verdict: "success",
    http: "{ fail_if_body_matches_regexp: [bye, 'HELLO'] }",
  },
  {
    name: "a body that must not match and does",
    verdict: "failure",
    http: "{ fail_if_body_matches_regexp: [bye, '(?i)HELLO'] }",
  },
  {
    name: "a body that must match and does",
    verdict: "success",
    http: "{ fail_if_body_not_matches_regexp: [hel, llo] }",
  },
  {
    name: "a body that must match and does not",
    verdict: "failure",
    http: "{ fail_if_body_not_matches_regexp: [hello, bye] }",
  },
  {
    name: "a body with both kinds",
    verdict: "success",
    http: "{ fail_if_body_matches_regexp: [bye], fail_if_body_not_matches_regexp: ['^hello$'] }",
  },
  {
    name: "expressions over several lines",
    verdict: "success",
    http: "{ fail_if_body_not_matches_regexp: ['(?m)^two$', '(?s)one.two', 'one\\ntwo'], fail_if_body_matches_regexp: ['^two', 'one.two'] }",
    answer: text("one\ntwo\nthree"),
  },
  {
    name: "an expression over non-ASCII letters",
    verdict: "success",
    http: '{ fail_if_body_not_matches_regexp: ["^\\\\p{L}+$", "ü", "^.{3}$"], fail_if_body_matches_regexp: ["^\\\\w+$"] }',
    answer: text("aüb"),
  },
  {
    name: "an expression over bytes that are not UTF-8",
    verdict: "success",
    http: "{ fail_if_body_not_matches_regexp: ['^a.b$'] }",
    answer: text(Buffer.from("61ff62", "hex")),
  },
  { name: "an empty expression", verdict: "failure", http: "{ fail_if_body_matches_regexp: [''] }" },
  {
    name: "expressions are not judged after a wrong status",
    verdict: "failure",
    http: "{ fail_if_body_matches_regexp: [hello] }",
    answer: answer(500, {}, "hello"),
  },
  {
    name: "an expression without a body",
    verdict: "failure",
    http: "{ fail_if_body_not_matches_regexp: [x] }",
    answer: (_, reply) => (reply.writeHead(204), reply.end()),
  },
  {
    name: "an expression with catastrophic backtracking",
    verdict: "success",
    http: "{ fail_if_body_matches_regexp: ['^(a+)+$'] }",
    answer: text(`${"a".repeat(2000)}!`),
  },

  {
    name: "a body of more than 10 MiB with an expression",
    verdict: "success",
    http: "{ fail_if_body_matches_regexp: [never] }",
    answer: (_, reply) => {
      reply.writeHead(200);
      for (let mebibytes = 0; mebibytes < 11; mebibytes += 1) reply.write(MEBIBYTE);
      reply.end();
    },
    differs: {
      "large-bodies": [
        "probe_failed_due_to_regex: 0 -> 1",
        "probe_http_uncompressed_body_length: 11534336 -> 10485760",
        "probe_success: 1 -> 0",
      ],
    },
  },

  {
    name: "a header that must not match and does not",
    verdict: "success",
    http: "{ fail_if_header_matches: [{ header: X-List, regexp: three }] }",
    answer: list,
  },
  {
    name: "a header that must not match and whose second value does",
    verdict: "failure",
    http: "{ fail_if_header_matches: [{ header: x-list, regexp: two }] }",
    answer: list,
  },
  {
    name: "a header that must match and whose second value does",
    verdict: "success",
    http: "{ fail_if_header_not_matches: [{ header: x-LIST, regexp: '^two$' }] }",
    answer: list,
  },
  {
    name: "a header that must match and does not",
    verdict: "failure",
    http: "{ fail_if_header_not_matches: [{ header: X-List, regexp: three }] }",
    answer: list,
  },
  {
    name: "a header that must not match and is missing",
    verdict: "failure",
    http: "{ fail_if_header_matches: [{ header: X-None, regexp: x }] }",
  },
  {
    name: "a header that must not match and may be missing",
    verdict: "success",
    http: "{ fail_if_header_matches: [{ header: X-None, regexp: x, allow_missing: true }] }",
  },
  {
    name: "a header that must match and is missing",
    verdict: "failure",
    http: "{ fail_if_header_not_matches: [{ header: X-None, regexp: x }] }",
  },
  {
    name: "a header that must match and may be missing",
    verdict: "success",
    http: "{ fail_if_header_not_matches: [{ header: X-None, regexp: x, allow_missing: true }] }",
  },
  {
    name: "a header that is empty",
    verdict: "success",
    http: "{ fail_if_header_not_matches: [{ header: X-Empty, regexp: '^$' }] }",
    answer: text("x", { "X-Empty": "" }),
  },
  {
    name: "a header of a 500",
    verdict: "failure",
    http: "{ fail_if_header_matches: [{ header: X-List, regexp: one }] }",
    answer: answer(500, { "X-List": "one" }),
  },
  {
    name: "a header rule and an expression",
    verdict: "failure",
    http: "{ fail_if_header_not_matches: [{ header: X-List, regexp: one }], fail_if_body_matches_regexp: [x] }",
    answer: list,
  },
  {
    name: "a rule for Content-Length",
    verdict: "success",
    http: "{ fail_if_header_not_matches: [{ header: Content-Length, regexp: '^5$' }] }",
  },
  {
    name: "a rule for Transfer-Encoding",
    verdict: "failure",
    http: "{ fail_if_header_not_matches: [{ header: Transfer-Encoding, regexp: chunked }] }",
    answer: (_, reply) => (reply.write("x"), reply.end("y")),
    differs: { "framing-headers": ["probe_failed_due_to_regex: 1 -> 0", "probe_success: 0 -> 1"] },
  },
  {
    name: "a rule for the trailer",
    verdict: "failure",
    at: "raw",
    http: "{ fail_if_header_not_matches: [{ header: X-After, regexp: '1' }] }",
    raw: "HTTP/1.1 200 OK\r\nTrailer: X-After\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-After: 1\r\n\r\n",
  },

  matches("an equality that must not hold and does", "failure", 'body.status == "up"'),
  matches("an equality that must not hold and does not", "success", 'body.status == "down"'),
  holds("an equality that must hold and does", "success", 'body.status == "up"'),
  holds("an equality that must hold and does not", "failure", 'body.status == "down"'),
  {
    ...matches("both kinds", "success", ""),
    http: "{ fail_if_body_json_matches_cel: 'body.count > 3.0', fail_if_body_json_not_matches_cel: 'body.count >= 3.0' }",
  },
  holds("an escaped name", "success", "body.`odd-key` == 1"),
  matches("an escaped name that must not hold", "failure", "body.`odd-key` == 1"),
  holds("an escaped name that is missing", "success", "has(body.`odd-key`) && !has(body.`other-key`)"),
  holds(
    "an escaped name among others",
    "success",
    "body.`nested`.ok && body.`odd-key` + body.count == 4.0 && '`' != 'x'",
  ),
  holds("an integer", "success", "body.count == 3"),
  holds("an integer that is greater", "success", "body.count > 2"),
  holds("a ratio", "success", "body.ratio < 0.75 && body.ratio * 2.0 == 1.0"),
  holds("arithmetic of whole numbers", "failure", "body.count + 1 == 4"),
  holds("a list", "success", 'size(body.list) == 3 && "a" in body.list && body.list[2] == null'),
  holds("macros", "success", "body.list.exists(x, x == 1) && has(body.nested.ok) && !has(body.nested.no)"),
  holds(
    "functions of strings",
    "success",
    'body.status.startsWith("u") && body.status.matches("^u.$") && body.status.size() == 2',
  ),
  holds("a key in brackets", "success", 'body["odd-key"] == 1 && "status" in body'),
  holds("a choice", "success", "body.nested.ok ? body.count == 3 : false"),
  holds("types", "success", "type(body.status) == string && type(body.count) == double"),
  holds("conversions", "success", 'int(body.count) == 3 && string(int(body.count)) == "3"'),
  holds("a missing field", "failure", "body.none == 1"),
  matches("a missing field that must not equal", "failure", "body.none == 1"),
  matches("a missing field that is not evaluated", "success", "false && body.none == 1"),
  matches("a comparison of different types", "success", "body.status == 1"),
  matches("a result that is not boolean", "failure", "body.count"),
  holds("a boolean field", "success", "body.nested.ok"),
  matches("a body that is not JSON", "failure", "true", { answer: text("<html>") }),
  matches("an empty body", "failure", "true", { answer: text("") }),
  holds("a body that is a list", "success", "body[0] == 1", { answer: json([1]) }),
  holds("a body that is a text", "success", 'body == "x"', { answer: json("x") }),
  holds("JSON with trailing text", "failure", "true", { answer: text('{"a":1} and more') }),
  matches("after a wrong status", "failure", 'body.status == "up"', {
    answer: answer(500, {}, '{"status":"up"}'),
  }),
  {
    ...holds("after an expression that passes", "failure", ""),
    http: `{ fail_if_body_matches_regexp: [down], fail_if_body_json_not_matches_cel: "body.status == 'up'" }`,
    differs: { "cel-after-expressions": ["probe_failed_due_to_cel: 1 -> 0", "probe_success: 0 -> 1"] },
  },
  {
    ...holds("after an expression that fails", "failure", ""),
    http: `{ fail_if_body_matches_regexp: [up], fail_if_body_json_not_matches_cel: "body.status == 'up'" }`,
  },
  {
    ...holds("after a header rule that fails", "failure", ""),
    http: `{ fail_if_header_matches: [{ header: Content-Type, regexp: json }], fail_if_body_json_not_matches_cel: "body.status == 'up'" }`,
  },
];
