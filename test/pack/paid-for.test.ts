import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { allMetrics } from "../../src/catalogue/index.ts";
import { ALERTED_REASONS } from "../../src/core/reasons.ts";
import { probers } from "../../src/probers/index.ts";
import { metricsOf, readsOf } from "./promql.ts";
import { everyQuery, readDashboards } from "./queries.ts";
import { allRules, pages, queriesIn, runbookOf } from "./rules.ts";

const SUFFIX = /_(bucket|sum|count)$/;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const metrics = allMetrics(probers);
const names = new Set(metrics.map(({ name }) => name));

/** PromQL of the rules, the dashboards and the runbooks. */
const expressions: readonly string[] = [
  ...allRules.flatMap((rule) => [rule.expr, ...queriesIn(rule)]),
  ...[...readDashboards()].flatMap(([name, dashboard]) =>
    everyQuery(name, dashboard).map(({ expr }) => expr),
  ),
  ...pages().flatMap((alert) => {
    const [, queries = ""] = /^```promql\n(.*?)^```/ms.exec(runbookOf(alert) ?? "") ?? [];
    return queries.split("\n").filter((line) => line !== "");
  }),
];

/** The source of `heartbeat-exporter report --prometheus.url`, which builds its queries. */
const reportSource = globSync("src/cli/report/*.ts", { cwd: ROOT })
  .map((file) => readFileSync(`${ROOT}/${file}`, "utf8"))
  .join("\n");

const read = new Set([
  ...expressions
    .flatMap((expression) => readsOf(expression).selectors)
    .flatMap((selector) => metricsOf(selector, names))
    .map((name) => (names.has(name) ? name : name.replace(SUFFIX, ""))),
  ...[...names].filter((name) => reportSource.includes(`"${name}"`)),
]);

test("every metric is read by a rule, dashboard, runbook or report, is a detail of a probe, or says why it is kept", () => {
  const unread = metrics.filter(({ name, detail }) => detail !== true && !read.has(name));
  expect(unread.filter(({ keptFor }) => keptFor === undefined).map(({ name }) => name)).toEqual([]);
});

test("a metric that is read needs no other reason", () => {
  expect(metrics.filter(({ name, keptFor }) => keptFor !== undefined && read.has(name))).toEqual([]);
});

test("failures start at 0 for the reasons whose increase rules and dashboards read, and no rule reads all reasons", () => {
  const ofRules = allRules.flatMap(({ expr }) => reasonsIn(expr));
  const ofDashboards = [...readDashboards()]
    .flatMap(([name, dashboard]) => everyQuery(name, dashboard))
    .flatMap(({ expr }) => reasonsIn(expr));
  expect(ofRules).not.toContain(undefined);
  const named = new Set([...ofRules, ...ofDashboards].filter((reason) => reason !== undefined));
  expect([...named].toSorted()).toEqual([...ALERTED_REASONS].toSorted());
});

/** Returns the reasons that an expression selects of `heartbeat_failures_total`; `undefined` among them for all. */
const reasonsIn = (expr: string): readonly (string | undefined)[] =>
  readsOf(expr)
    .selectors.filter(({ metric }) => metric === "heartbeat_failures_total")
    .flatMap(({ matchers }) => {
      const reason = matchers.find(({ label }) => label === "reason");
      return reason === undefined ? [undefined] : reason.value.split("|");
    });
