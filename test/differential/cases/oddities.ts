import { answer, json, text, thenSilence } from "../answers.ts";
import type { Case } from "../case.ts";

const head = "HTTP/1.1 200 OK\r\n";
const twice = "Content-Length: 2\r\nContent-Length: 2\r\n";
const empty = "Content-Length: 0\r\n\r\n";
const raw = (
  name: string,
  verdict: "success" | "failure",
  bytes: string,
  more: Partial<Case> = {},
): Case => ({
  name: `odd: ${name}`,
  verdict,
  at: "raw",
  raw: bytes,
  ...more,
});
const body = (name: string, verdict: "success" | "failure", expression: string, content: string): Case => ({
  name: `odd JSON: ${name}`,
  verdict,
  http: `{ fail_if_body_json_not_matches_cel: ${JSON.stringify(expression)} }`,
  answer: text(content),
});

/** The difference of a response that only this exporter accepts. */
const lenient = (): Pick<Case, "differs"> => ({
  differs: {
    "odd-framing": [
      'probe_http_duration_seconds{phase="transfer"}: 0 -> some time',
      "probe_http_status_code: 0 -> 200",
      "probe_http_version: 0 -> 1.1",
      "probe_success: 0 -> 1",
    ],
  },
});

/** Rare responses, at the limits of HTTP and JSON. */
export const oddities: readonly Case[] = [
  raw("two digits of status", "failure", `HTTP/1.1 20 OK\r\n${empty}`),
  raw("four digits of status", "failure", `HTTP/1.1 2000 OK\r\n${empty}`),
  raw("no space before the status", "failure", `HTTP/1.1200 OK\r\n${empty}`),
  raw("a version in lower case", "failure", `http/1.1 200 OK\r\n${empty}`),
  raw("ICY", "failure", `ICY 200 OK\r\n${empty}`),
  raw("HTTP/2.0 without HTTP/2", "success", `HTTP/2.0 200 OK\r\n${empty}`),
  raw("HTTP/0.9", "success", `HTTP/0.9 200 OK\r\n\r\nhi`),
  raw("HTTP/1", "failure", `HTTP/1 200 OK\r\n${empty}`),
  raw("an empty line before the status", "failure", `\r\n${head}${empty}`, lenient()),
  raw("a non-ASCII reason", "success", `HTTP/1.1 200 \xc3\xbc\r\n${empty}`),
  raw("two spaces after the version", "success", `HTTP/1.1  200 OK\r\n${empty}`),
  raw("four spaces after the version", "success", `HTTP/1.0    200 OK\r\n${empty}`),
  raw("a carriage return in the reason", "success", `HTTP/1.1 200 O\rK\r\n${empty}`),
  raw("two carriage returns after the reason", "success", `HTTP/1.1 200 OK\r\r\n${empty}`),
  raw(
    "spaces in an informational response",
    "success",
    `HTTP/1.1  103 On\r\nX A: b\r\n\r\n${head}${twice}\r\nhi`,
  ),
  raw("spaces in a switch of protocols", "failure", "HTTP/1.1  101 Up\r\nUpgrade : x\r\n\r\n"),
  raw("3000 headers", "success", `${head}${"X-A: b\r\n".repeat(3000)}X-Last: c\r\n${empty}`, {
    http: "{ fail_if_header_not_matches: [{ header: X-Last, regexp: c }] }",
  }),
  raw("a header in UTF-8", "success", `${head}X-A: \xc3\xbc\r\n${empty}`, {
    http: "{ fail_if_header_not_matches: [{ header: X-A, regexp: '^ü$' }] }",
  }),
  raw("a header in Latin-1", "success", `${head}X-A: \xfc\r\n${empty}`, {
    http: "{ fail_if_header_not_matches: [{ header: X-A, regexp: '^.$' }] }",
  }),
  raw("a header with a tab", "success", `${head}X-A:\ta\tb\t\r\n${empty}`, {
    http: "{ fail_if_header_not_matches: [{ header: X-A, regexp: '^a\\tb$' }] }",
  }),
  raw("a header with a control character", "failure", `${head}X-A: a\x01b\r\n${empty}`, lenient()),
  raw("a header with an invalid name", "failure", `${head}X(A): b\r\n${empty}`),
  raw("a header without a name", "failure", `${head}: b\r\n${empty}`),
  raw("a header with a space in its name", "success", `${head}X A: b\r\n${empty}`),
  raw("a header with a tab before its colon", "failure", `${head}X-A\t: b\r\n${empty}`),
  raw("a rule for a header with a space before its colon", "failure", `${head}X-A : b\r\n${empty}`, {
    http: "{ fail_if_header_not_matches: [{ header: X-A, regexp: b }] }",
  }),
  raw(
    "a location with a space before its colon",
    "failure",
    "HTTP/1.1 302 On\r\nLocation : /x\r\nContent-Length: 0\r\n\r\n",
  ),
  raw("a length with a space before its colon", "success", `${head}Content-Length : 5\r\n\r\nhi`),
  raw(
    "chunks with a space before the colon",
    "success",
    `${head}Transfer-Encoding : chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  ),
  raw("a folded length", "success", `${head}Content-Length:\r\n 2\r\n\r\nhi`),
  raw("a header folded with tabs", "success", `${head}X-A: one\t\r\n\t two \r\n\tthree\r\n${empty}`, {
    http: '{ fail_if_header_not_matches: [{ header: X-A, regexp: "^one two three$" }] }',
  }),
  raw("a header that starts with a space", "failure", `${head} X-A: b\r\n${empty}`, lenient()),
  raw("CHUNKED", "success", `${head}Transfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n`),
  raw("chunked twice", "failure", `${head}Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`),
  raw(
    "two headers with chunked",
    "failure",
    `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  ),
  raw("identity as transfer encoding", "failure", `${head}Transfer-Encoding: identity\r\n\r\nhi`),
  raw("a 204 with a length", "success", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello"),
  raw(
    "a 204 with chunks",
    "success",
    "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
  ),
  raw("HEAD with a body", "success", `${head}Content-Length: 5\r\n\r\nhello`, { http: "{ method: HEAD }" }),
  raw(
    "a chunk size with spaces",
    "success",
    `${head}Transfer-Encoding: chunked\r\n\r\n2  \r\nhi\r\n0\r\n\r\n`,
  ),
  raw(
    "a chunk size in capitals and zeros",
    "success",
    `${head}Transfer-Encoding: chunked\r\n\r\n000A\r\n0123456789\r\n0\r\n\r\n`,
  ),
  raw(
    "a chunk without its line end",
    "failure",
    `${head}Transfer-Encoding: chunked\r\n\r\n2\r\nhiX0\r\n\r\n`,
  ),
  raw("chunks with bare line feeds", "failure", `${head}Transfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n`, {
    differs: { "odd-framing": ["probe_http_uncompressed_body_length: 0 -> 2"] },
  }),
  raw("a length with a leading zero", "success", `${head}Content-Length: 002\r\n\r\nhi`),
  raw("an empty length", "success", `${head}Content-Length:\r\n\r\nhi`),
  raw("two empty lengths", "success", `${head}Content-Length:\r\nContent-Length: \r\n\r\nhi`),
  raw("an empty length and another", "failure", `${head}Content-Length:\r\nContent-Length: 2\r\n\r\nhi`),
  raw("a length and an empty one", "failure", `${head}Content-Length: 2\r\nContent-Length:\r\n\r\nhi`),
  raw("the same length three times", "success", `${head}${twice}content-length:2  \r\n\r\nhi`),
  raw("the same length with a zero", "failure", `${head}Content-Length: 2\r\nContent-Length: 02\r\n\r\nhi`),
  raw("a list of the same length", "failure", `${head}Content-Length: 2, 2\r\n\r\nhi`),
  raw(
    "the same length twice and chunks",
    "success",
    `${head}${twice}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  ),
  raw("the same length twice and no body", "success", `HTTP/1.1 204 No\r\n${twice}\r\n`),
  raw("the same length twice with HEAD", "success", `${head}${twice}\r\n`, { http: "{ method: HEAD }" }),
  raw(
    "a chunk extension with an open quote",
    "success",
    `${head}Transfer-Encoding: chunked\r\n\r\n2;a="b\r\nhi\r\n0\r\n\r\n`,
    {
      differs: { "open-quotes": ["probe_http_uncompressed_body_length: 2 -> 0", "probe_success: 1 -> 0"] },
    },
  ),
  raw(
    "many informational responses",
    "success",
    `${"HTTP/1.1 102 Processing\r\n\r\n".repeat(10)}${head}${empty}`,
  ),
  raw(
    "Upgrade without 101",
    "success",
    `${head}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi`,
  ),
  {
    ...raw("a redirect whose body does not end", "failure", ""),
    timeout: "1s",
    differs: {
      "bodies-of-redirects": [
        'probe_http_duration_seconds{phase="transfer"}: 0 -> some time',
        "probe_http_status_code: 0 -> 200",
        "probe_http_version: 0 -> 1.1",
        "probe_success: 0 -> 1",
        "requests: 1 -> 2",
      ],
    },
    raw: (socket, place, rest) =>
      rest === ""
        ? thenSilence(`HTTP/1.1 302 Found\r\nLocation: ${place.path}/1\r\n\r\nmoved`)(socket, place, rest)
        : void socket.end(`${head}${empty}`),
  },
  {
    ...raw("a redirect whose long body is not sent", "success", ""),
    timeout: "1s",
    raw: (socket, place, rest) =>
      rest === ""
        ? thenSilence(
            `HTTP/1.1 302 Found\r\nLocation: ${place.path}/1\r\nContent-Length: 100000\r\n\r\nmoved`,
          )(socket, place, rest)
        : void socket.end(`${head}${empty}`),
  },
  {
    name: "odd: a response before the body was sent",
    verdict: "success",
    at: "raw",
    http: "{ method: POST, body: data }",
    raw: `HTTP/1.1 200 OK\r\n${empty}`,
  },

  body("an integer beyond 2^53", "success", "body.a > 9007199254740990.0", '{"a": 9007199254740993}'),
  {
    ...body("a number above all limits", "failure", "true", '{"a": 1e400}'),
    differs: { "huge-numbers": ["probe_failed_due_to_cel: 1 -> 0", "probe_success: 0 -> 1"] },
  },
  body("a byte order mark", "failure", "true", '\ufeff{"a":1}'),
  body("the same key twice", "success", "body.a == 2", '{"a":1,"a":2}'),
  body("white space around", "success", "body.a == 1", '\n\t {"a" : 1 } \r\n'),
  body("a comment", "failure", "true", '{"a":1} // one'),
  body("a trailing comma", "failure", "true", '{"a":1,}'),
  body("non-ASCII letters", "success", 'body["ä"] == "ü😀" && size(body["ä"]) == 2', '{"ä":"ü😀"}'),
  body("an escaped lone surrogate", "success", "size(body.a) == 1", '{"a":"\\ud800"}'),
  body("null", "success", "body == null", "null"),
  body("null in a field", "success", "body.a == null && has(body.a)", '{"a":null}'),
  body("a number with an exponent", "success", "body.a == 1500.0", '{"a":1.5e3}'),
  body("a key of the prototype", "failure", "has(body.constructor) || has(body.toString)", "{}"),
  body("a key named __proto__", "success", 'body["__proto__"] == 1', '{"__proto__":1}'),
  body("a comparison of lists", "success", "body.a == [1, 2]", '{"a":[1,2]}'),
  body(
    "a time",
    "success",
    'timestamp(body.at) < timestamp("2030-01-01T00:00:00Z")',
    '{"at":"2024-05-06T07:08:09Z"}',
  ),
  body("a duration", "success", 'duration(body.d) > duration("1m")', '{"d":"90s"}'),
  body(
    "a map in a list",
    "success",
    "body.items.all(i, i.ok) && body.items.filter(i, i.n > 1).size() == 1 && body.items.map(i, i.n) == [1, 2]",
    '{"items":[{"ok":true,"n":1},{"ok":true,"n":2}]}',
  ),
  body("an index out of range", "failure", "body.a[5] == 1", '{"a":[1]}'),
  body("an unsigned number", "success", "uint(body.a) == 3u && body.a >= 3", '{"a":3}'),
  {
    name: "odd JSON: a 404",
    verdict: "failure",
    http: "{ fail_if_body_json_matches_cel: 'true' }",
    answer: answer(404, {}, "{}"),
  },
  {
    name: "odd JSON: a body above its limit",
    verdict: "failure",
    http: "{ body_size_limit: 4B, fail_if_body_json_matches_cel: 'false' }",
    answer: json({ a: 1 }),
  },
];
