import { expect, test } from "vitest";
import { serveHttp } from "../../helpers/http-targets.ts";
import { compile, detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const BODY = {
  status: "ok",
  count: 5,
  ratio: 0.5,
  none: null,
  items: [
    { name: "a", up: true },
    { name: "b", up: false },
  ],
  at: "2024-01-01T00:00:00Z",
  "content-type": "text",
  "a.b/c d_1": { "in-ner": [{ "x-y": 1, up: true }] },
  if: 7,
  escaped0: 8,
};

const judged = async (options: Record<string, unknown>, body: string = JSON.stringify(BODY)) => {
  await using server = await serveHttp((_, response) => response.end(body));
  const result = await probe(server.host, options);
  return { result, cel: valueIn(result, "probe_failed_due_to_cel") };
};

// Results of cel-go, which blackbox_exporter uses. Numbers of JSON are doubles.
test.each([
  ['body.status == "ok"', true],
  ["body.count == 5", true],
  ["body.count > 4 && body.count < 5.5", true],
  ["int(body.count) % 2 == 1", true],
  ["body.ratio * 2.0 == 1.0", true],
  ["body.items.all(i, i.up)", false],
  ['body.items.exists(i, i.up && i.name == "a")', true],
  ["body.items.filter(i, i.up).size() == 1", true],
  ["size(body.items) == 2", true],
  ["has(body.missing)", false],
  ["has(body.none) && body.none == null", true],
  ['"count" in body', true],
  ["body.count in [4, 5]", true],
  ['body["status"].startsWith("o")', true],
  ['body.status.matches("(?i)^OK$")', true],
  ['matches(body.status, "^o")', true],
  ['timestamp(body.at) < timestamp("2025-01-01T00:00:00Z")', true],
  ['body.count > 3 ? body.status == "ok" : false', true],
  ["body.missing == 1 || true", true],
  ['type(body.count) == double && body.status != "down"', true],
  ['body.`content-type` == "text"', true],
  ["body . `content-type` == 'text'", true],
  ["body.`a.b/c d_1`.`in-ner`[0].`x-y` == 1", true],
  ["body.`a.b/c d_1`.`in-ner`.exists(i, i.`x-y` == 1)", true],
  ["body.`a.b/c d_1`.`in-ner`.all(i, i.`x-y` == 1 && i.up)", true],
  ["body.`a.b/c d_1`.`in-ner`.map(i, i.`x-y`) == [1]", true],
  ["has(body.`content-type`)", true],
  ["has(body.`content-length`)", false],
  ["has(body.`a.b/c d_1`.`in-ner`)", true],
  ["body.`if` == 7 && body.`status` == 'ok'", true],
  ["body.`content-type`.matches('^te') && body.status.matches('`|o')", true],
  ["body.escaped0 == 8 && body.`if` == 7", true],
  ["body.`if` == 7 && '\\145scaped0' != \"`if`\"", true],
  ["'a`b' == \"a`b\" && r'`' == '\\`' && \"\"\"`x`\"\"\" == '`x`' // body.`if`", true],
  ["'\\'`a`' != '`b`' && body.`if` == 7", true],
])("%s is %s", async (expression, value) => {
  const not = await judged({ fail_if_body_json_not_matches_cel: expression });
  expect([verdictOf(not.result), not.cel]).toEqual(value ? ["success", 0] : ["body_mismatch", 1]);
  const when = await judged({ fail_if_body_json_matches_cel: expression });
  expect([verdictOf(when.result), when.cel]).toEqual(value ? ["body_mismatch", 1] : ["success", 0]);
});

test.each([
  ["a field that is missing", "body.missing == 1", "cannot be evaluated"],
  ["a value that is neither true nor false", "body.status", "neither true nor false"],
  ["operands of different types", "body.count + 1 == 6", "cannot be evaluated"],
])("%s fails both options", async (_, expression, text) => {
  for (const option of ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"]) {
    const { result, cel } = await judged({ [option]: expression });
    expect([verdictOf(result), cel, detailOf(result)]).toEqual([
      "body_mismatch",
      1,
      expect.stringContaining(text),
    ]);
  }
});

test("a body that is not JSON fails", async () => {
  const { result, cel } = await judged({ fail_if_body_json_matches_cel: "body.a == 1" }, "<html>");
  expect([verdictOf(result), cel]).toEqual(["malformed", 1]);
});

test("both options apply to the same body", async () => {
  const options = {
    fail_if_body_not_matches_regexp: ["status"],
    fail_if_body_json_matches_cel: 'body.status == "down"',
    fail_if_body_json_not_matches_cel: 'body.status == "ok"',
  };
  expect(verdictOf((await judged(options)).result)).toBe("success");
  const regex = await judged({ ...options, fail_if_body_matches_regexp: ["ok"] });
  expect([verdictOf(regex.result), regex.cel]).toEqual(["body_mismatch", 0]);
  expect(valueIn(regex.result, "probe_failed_due_to_regex")).toBe(1);
});

test("the series exists only with an expression", async () => {
  expect((await judged({})).cel).toBeUndefined();
  const unreached = await probe("does-not-exist.invalid", { fail_if_body_json_matches_cel: "body.a" });
  expect(valueIn(unreached, "probe_failed_due_to_cel")).toBe(0);
});

test.each([
  ["body.a ==", "Unexpected token"],
  ["foo == 1", "Unknown variable: foo"],
  ["1 + 1", "its type is int"],
  ["body.a.nothing()", "nothing"],
  ["`body`.a == 1", "`body` is not the name of a field"],
  ["body.`f`() == 1", "`f` is not the name of a field"],
  ["`size`(body.a) == 1", "`size` is not the name of a field"],
  ["body.`` == 1", "Unexpected character: `"],
  ["body.`ä` == 1", "Unexpected character: `"],
  ["body.`a == 1", "Unexpected character: `"],
  ["body.`a\nb` == 1", "Unexpected character: `"],
  ["body[`a`] == 1", "`a` is not the name of a field"],
])("%s is refused", (expression, text) => {
  expect(compile({ fail_if_body_json_matches_cel: expression }).problems).toEqual([
    expect.stringContaining(text),
  ]);
});
