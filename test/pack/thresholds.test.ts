import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { alertThresholdsSchema, numbersIn } from "../../src/config/sections/alert-thresholds.ts";
import { EXPORTER_ALERT_THRESHOLDS, TARGET_ALERT_THRESHOLDS } from "../../src/core/alert-thresholds.ts";
import { readsOf } from "./promql.ts";
import { allRules } from "./rules.ts";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** A number in the expression of a rule. */
interface Literal {
  readonly rule: string;
  readonly value: string;
  /** The threshold that it stands for in `max(heartbeat_alert_threshold{...}) or vector(NUMBER)`. */
  readonly fallbackFor?: string;
}

/** Numbers that are no thresholds wherever they stand: conditions are 0 or 1, and `1 - x` is the opposite of a ratio. */
const CONDITIONS = new Set(["0", "1"]);

/** Other numbers, with the reason why no metric sets them. Ranges and offsets such as `[1d]` are no numbers; PromQL takes no metric for them. */
const NOT_SETTABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  HeartbeatFirstTokenSlow: { "0.5": "the median, by definition" },
  HeartbeatResponseTimeHigh: { "0.5": "the median, by definition" },
  "target:heartbeat_current_mode:quorum": { "2": "half of the votes, by definition of a majority" },
  HeartbeatQuorumDown: { "2": "half of the votes, by definition of a majority" },
  "target:probe_duration_seconds:predicted1d": { "86400": "a day, as the name says" },
};

const FALLBACK = /^max\s*\(\s*heartbeat_alert_threshold\{threshold="(\w+)"\}\s*\)\s*or\s*vector\(/;

/** Returns the numbers in an expression. */
function literalsIn(rule: string, expr: string): readonly Literal[] {
  const found: Literal[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.name.startsWith("NumberDurationLiteral") && !isDuration(node)) {
      const value = expr.slice(node.from, node.to);
      const name = fallbackOf(node, expr);
      found.push(name === undefined ? { rule, value } : { rule, value, fallbackFor: name });
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) visit(child);
  };
  visit(parser.parse(expr).topNode);
  return found;
}

/** Reports whether a number is the range of a selector, the step of a subquery or an offset. */
const isDuration = ({ name, parent }: SyntaxNode): boolean =>
  name === "NumberDurationLiteralInDurationContext" ||
  ["MatrixSelector", "SubqueryExpr", "OffsetExpr"].includes(parent?.name ?? "");

/** Returns the threshold that a number stands for if no exporter exports it. */
function fallbackOf(node: SyntaxNode, expr: string): string | undefined {
  let at: SyntaxNode | null = node;
  while (at !== null && at.name !== "BinaryExpr") at = at.parent;
  return at === null ? undefined : FALLBACK.exec(expr.slice(at.from, at.to))?.[1];
}

const rules = allRules.map(({ alert, record, expr }) => ({ rule: alert ?? record ?? "", expr }));
const literals = rules.flatMap(({ rule, expr }) => literalsIn(rule, expr));

const defaults: Readonly<Record<string, number>> = numbersIn(
  Object.fromEntries(
    Object.entries(alertThresholdsSchema.properties).map(([name, property]) => [name, property.default]),
  ),
);

test("no rule compares with a number that no metric can set", () => {
  const fixed = literals.filter(
    ({ rule, value, fallbackFor }) =>
      fallbackFor === undefined && !CONDITIONS.has(value) && NOT_SETTABLE[rule]?.[value] === undefined,
  );
  expect(fixed).toEqual([]);
});

test("each number that is listed as not settable is in its rule", () => {
  const listed = Object.entries(NOT_SETTABLE).flatMap(([rule, numbers]) =>
    Object.keys(numbers).map((value) => `${rule} ${value}`),
  );
  const present = new Set(literals.map(({ rule, value }) => `${rule} ${value}`));
  expect(listed.filter((one) => !present.has(one))).toEqual([]);
});

test("numbers for addresses on /probe without an exporter's thresholds are the defaults of the configuration", () => {
  const fallbacks = literals.filter(({ fallbackFor }) => fallbackFor !== undefined);
  expect(fallbacks.length).toBeGreaterThan(5);
  expect(fallbacks.filter(({ value, fallbackFor = "" }) => Number(value) !== defaults[fallbackFor])).toEqual(
    [],
  );
});

test("every threshold is read by a rule, those of targets with the target's own, and no other is", () => {
  const readBy = (metric: string): readonly string[] => [
    ...new Set(
      rules
        .flatMap(({ expr }) => readsOf(expr).selectors)
        .filter((selector) => selector.metric === metric)
        .flatMap(({ matchers }) => matchers.filter(({ label }) => label === "threshold"))
        .map(({ value }) => value),
    ),
  ];
  const all = [...TARGET_ALERT_THRESHOLDS, ...EXPORTER_ALERT_THRESHOLDS];
  expect(readBy("heartbeat_alert_threshold").toSorted()).toEqual(all.toSorted());
  expect(readBy("heartbeat_target_alert_threshold").toSorted()).toEqual(TARGET_ALERT_THRESHOLDS.toSorted());
  expect(Object.keys(defaults).toSorted()).toEqual(all.toSorted());
});

test.each([
  ["a comparison", "rate(x[5m]) > 0.2"],
  ["a factor of a metric", "x > 2 * y"],
  ["a number before a comparison", "0.7 < bool x"],
  ["an argument", "quantile_over_time(0.9, x[1h]) > y"],
  ["a fallback of nothing", "x > on () group_left () (max(y) or vector(7))"],
])("finds %s", (_name, expr) => {
  expect(literalsIn("rule", expr).filter(({ value }) => !CONDITIONS.has(value))).toHaveLength(1);
  expect(literalsIn("rule", expr).every(({ fallbackFor }) => fallbackFor === undefined)).toBe(true);
});

test.each([
  ["ranges and offsets", "avg_over_time(x[1d] offset 1h) > y"],
  ["subqueries", "max_over_time(x[1d:5m]) > y"],
])("leaves out %s", (_name, expr) => {
  expect(literalsIn("rule", expr)).toEqual([]);
});
