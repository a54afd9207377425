import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorFacts, type ReasonRule, ruleFor } from "../../../src/probers/llm/reason-rules.ts";
import { API_REASONS } from "../../../src/probers/llm/reason-schema.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";
import { countCpuTime } from "../../helpers/cpu-time.ts";
import {
  ask,
  compile,
  completion,
  delta,
  detailOf,
  events,
  json,
  type Options,
  type Reply,
  reasonOf,
  serve,
  streamed,
} from "./support.ts";

type Rules = NonNullable<Options["reasons"]>;

const balance = { error: { message: "Sorry, your account balance is insufficient", code: 30_001 } };
const unknown = { code: 1008, msg: "insufficient balance" };

const rows: readonly {
  readonly name: string;
  readonly reply: Reply;
  readonly reasons: Rules;
  readonly reason: string;
  readonly options?: Options;
}[] = [
  {
    name: "a status",
    reply: json(balance, 403),
    reasons: [{ status: 403, reason: "billing" }],
    reason: "billing",
  },
  {
    name: "one of several statuses",
    reply: json(balance, 403),
    reasons: [{ status: [402, 403], reason: "billing" }],
    reason: "billing",
  },
  {
    name: "a code",
    reply: json(balance, 403),
    reasons: [{ code: "30001", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "one of several codes",
    reply: json(balance, 403),
    reasons: [{ code: ["x", "30001"], reason: "billing" }],
    reason: "billing",
  },
  {
    name: "a part of a code",
    reply: json(balance, 403),
    reasons: [{ code: "3000", reason: "billing" }],
    reason: "auth",
  },
  {
    name: "the text of the body",
    reply: json(balance, 500),
    reasons: [{ body: "(?i)BALANCE is insufficient", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "the text of a page",
    reply: json("<html>Access denied: account suspended</html>", 403),
    reasons: [{ body: "account suspended", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "all conditions",
    reply: json(balance, 403),
    reasons: [{ status: 403, code: "30001", body: "balance", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "a condition that does not hold",
    reply: json(balance, 403),
    reasons: [{ status: 403, code: "30001", body: "no such text", reason: "billing" }],
    reason: "auth",
  },
  {
    name: "the first rule of two",
    reply: json(balance, 403),
    reasons: [
      { status: 403, reason: "overloaded" },
      { status: 403, reason: "billing" },
    ],
    reason: "overloaded",
  },
  {
    name: "the second rule, as the first does not fit",
    reply: json(balance, 403),
    reasons: [
      { status: 404, reason: "overloaded" },
      { body: "balance", reason: "billing" },
    ],
    reason: "billing",
  },
  {
    name: "a built-in reason for something else",
    reply: json({ error: { message: "x", code: "insufficient_quota" } }, 429),
    reasons: [{ code: "insufficient_quota", reason: "rate_limited" }],
    reason: "rate_limited",
  },
  {
    name: "a prompt that a filter refused",
    reply: json({ error: { message: "Content Exists Risk", type: "invalid_request_error" } }, 400),
    reasons: [{ status: 400, body: "Content Exists Risk", reason: "refused" }],
    reason: "refused",
  },
  {
    name: "an error inside a whole answer, by its own status",
    reply: json({ error: { code: 502, message: "x" } }),
    reasons: [{ status: 502, reason: "overloaded" }],
    options: { stream: false },
    reason: "overloaded",
  },
  {
    name: "an error inside a whole answer, by the status of the response",
    reply: json({ error: "the model crashed" }),
    reasons: [{ status: 200, body: "crashed", reason: "overloaded" }],
    options: { stream: false },
    reason: "overloaded",
  },
  {
    name: "an error in the middle of a stream",
    reply: streamed(
      events(delta({ content: "HEAL" }), { error: { message: "upstream balance", type: "x" } }),
    ),
    reasons: [{ body: "upstream balance", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "the event with the error only",
    reply: streamed(events(delta({ content: "upstream balance" }), { error: { message: "boom" } })),
    reasons: [{ body: "upstream balance", reason: "billing" }],
    reason: "stream_error",
  },
  {
    name: "an error in an unknown form",
    reply: json(unknown),
    reasons: [{ body: '"code":1008\\b', reason: "billing" }],
    reason: "billing",
  },
  {
    name: "an error in an unknown form that no rule fits",
    reply: json(unknown),
    reasons: [{ code: "1008", reason: "billing" }],
    reason: "malformed",
  },
  {
    name: "a page with a successful status",
    reply: json(`<html>${" ".repeat(5000)}The service is paused</html>`),
    reasons: [{ status: 200, body: "service is paused", reason: "billing" }],
    reason: "billing",
  },
  {
    name: "no answer, although its text fits",
    reply: json(completion("HEALTHY")),
    reasons: [{ status: 200, body: "HEALTHY", reason: "billing" }],
    reason: "ok",
  },
];

test.each(rows)("a rule for $name: $reason", async ({ reply, reasons, reason, options }) => {
  const result = await ask(await serve(reply), { options: { ...options, reasons } });
  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  if (reason !== "ok") expect(result.answered).toBe(reason === "refused" ? undefined : false);
});

test("the detail names the rule and shows no secret", async () => {
  const api_key = "sk-live-0123456789";
  const reply = json({ error: { message: `no credit for ${api_key}` } }, 403);
  const reasons: Rules = [
    { status: 401, reason: "auth" },
    { body: "no credit", reason: "billing" },
  ];
  const result = await ask(await serve(reply), { options: { reasons, api_key } });
  expect(detailOf(result)).toContain("(reason by reasons[1])");
  expect(detailOf(result)).not.toContain(api_key);
});

test("a rule without a condition is a problem", () => {
  const { problems } = compile({ reasons: [{ status: 402, reason: "billing" }, { reason: "auth" }] });
  expect(problems).toEqual(["reasons.1: got no condition, want status, code or body"]);
});

describe("ruleFor", () => {
  const word = fc.constantFrom("a", "b", "quota", "balance");
  const rule: fc.Arbitrary<ReasonRule> = fc.record(
    {
      statuses: fc.array(fc.constantFrom(200, 400, 429), { minLength: 1 }).map((all) => new Set(all)),
      codes: fc.array(word, { minLength: 1 }).map((all) => new Set(all)),
      body: fc.constantFrom("a", "^b", "(?i)QUOTA", "x*", "(a|b)+$").map(compileRegexp),
      reason: fc.constantFrom(...API_REASONS),
    },
    { requiredKeys: ["reason"] },
  );
  const facts: fc.Arbitrary<ErrorFacts> = fc.record({
    statuses: fc.array(fc.constantFrom(200, 400, 402, 429)),
    codes: fc.array(fc.oneof(word, fc.string())),
    body: fc.oneof(word, fc.string(), fc.string({ unit: "binary" })),
  });
  const fits = (each: ReasonRule, { statuses, codes, body }: ErrorFacts): boolean =>
    (each.statuses === undefined || statuses.some((status) => each.statuses?.has(status) === true)) &&
    (each.codes === undefined || codes.some((code) => each.codes?.has(code) === true)) &&
    (each.body === undefined || each.body.matches(body));

  test("returns the first rule whose conditions all hold, and never throws", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), facts, (rules, error) => {
        const found = ruleFor(rules, error);
        const before = rules.slice(0, found?.index ?? rules.length);
        expect(before.some((each) => fits(each, error))).toBe(false);
        if (found === undefined) return;
        const chosen = rules[found.index];
        expect(chosen !== undefined && fits(chosen, error)).toBe(true);
        expect(found.reason).toBe(chosen?.reason);
      }),
    );
  });

  test("takes linear time and a bounded part of the body", () => {
    const rules = ["(a*)*b", "(.*)(.*)(.*)x{3}$", "(?i)(quota|balance).*(low|exceeded)"].map(
      (source): ReasonRule => ({ body: compileRegexp(source), reason: "billing" }),
    );
    const used = countCpuTime();
    expect(ruleFor(rules, { statuses: [], codes: [], body: "aquota".repeat(500_000) })).toBeUndefined();
    expect(used()).toBeLessThan(1);
    const late: ReasonRule = { body: compileRegexp("needle"), reason: "billing" };
    const body = (length: number): ErrorFacts => ({
      statuses: [],
      codes: [],
      body: `${" ".repeat(length)}needle`,
    });
    expect(ruleFor([late], body(65_530))).toEqual({ reason: "billing", index: 0 });
    expect(ruleFor([late], body(65_531))).toBeUndefined();
  });
});
