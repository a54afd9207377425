import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Rule } from "../../scripts/generate/grafana-alerting.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the rules. */
export const RULES = join(ROOT, "rules");
/** The folder of the runbooks that alerts link to. */
export const RUNBOOKS = join(ROOT, "docs/runbooks");

/** An alerting rule. */
export type Alert = Rule & { readonly alert: string };

/** A unit test of an alert, as promtool reads it. */
export interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const yamlFiles = (folder: string, ending: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** The rule files. */
export const ruleFiles: readonly string[] = yamlFiles(RULES, ".rules.yml");
/** Their unit tests. */
export const testFiles: readonly string[] = yamlFiles(join(RULES, "tests"), ".test.yml");

/** Reads the rules of a file, in order. */
export const rulesOf = (file: string): readonly Rule[] =>
  (parse(readFileSync(file, "utf8")) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);

/** All rules. */
export const allRules: readonly Rule[] = ruleFiles.flatMap(rulesOf);
/** All alerting rules. */
export const alerts: readonly Alert[] = allRules.filter((rule): rule is Alert => rule.alert !== undefined);

/** Returns the PromQL that the templates in the annotations of a rule run, with an empty text for each label value. */
export const queriesIn = ({ annotations = {} }: Rule): readonly string[] =>
  Object.values(annotations).flatMap((text) =>
    [...text.matchAll(/printf `([^`]+)`|query "([^"]+)"/g)].map(([, printed, plain = ""]) =>
      (printed ?? plain).replaceAll("%q", '""'),
    ),
  );

/** All unit tests of alerts. */
export const alertTests: readonly AlertTest[] = testFiles.flatMap((file) =>
  (parse(readFileSync(file, "utf8")) as { tests: { alert_rule_test?: AlertTest[] }[] }).tests.flatMap(
    ({ alert_rule_test: tests = [] }) => tests,
  ),
);

/** Reads the runbook of an alert; returns undefined if there is none. */
export function runbookOf(alert: string): string | undefined {
  const file = join(RUNBOOKS, `${alert}.md`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Returns the names of all alerts that have a runbook. */
export const pages = (): readonly string[] =>
  yamlFiles(RUNBOOKS, ".md")
    .map((file) => basename(file, ".md"))
    .filter((name) => name !== "README");
