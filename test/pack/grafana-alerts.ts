import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { failureOfRuleTests } from "./rule-tests.ts";
import { RULES, rulesOf } from "./rules.ts";

/** A query or an expression of a rule. */
interface GrafanaQuery {
  readonly refId: string;
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
  readonly datasourceUid: string;
  readonly model: {
    readonly refId: string;
    readonly expr?: string;
    readonly instant?: boolean;
    readonly type?: string;
    readonly expression?: string;
    readonly conditions?: readonly object[];
  };
}

/** An alert rule as Grafana's provisioning files write it. */
export interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly GrafanaQuery[];
  readonly noDataState: string;
  readonly execErrState: string;
  readonly for: string;
  readonly missing_series_evals_to_resolve: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A group of them. */
export interface GrafanaGroup {
  readonly orgId: number;
  readonly name: string;
  readonly folder: string;
  readonly interval: string;
  readonly rules: readonly GrafanaRule[];
}

interface AlertTest {
  readonly exp_alerts: readonly { readonly exp_labels?: unknown }[];
}

/** The folder of the provisioning files for Grafana's own alerts. */
export const GRAFANA_ALERTING = fileURLToPath(new URL("../../grafana/alerting", import.meta.url));

/** The groups of alert rules. */
export const grafanaGroups = (
  parse(readFileSync(join(GRAFANA_ALERTING, "rules.yml"), "utf8")) as { groups: readonly GrafanaGroup[] }
).groups;

/** Returns the PromQL of a rule. */
export const promqlOf = ({ data }: GrafanaRule): string => data[0]?.model.expr ?? "";

/** Runs the unit tests of a file of rules against the rules of Grafana. Returns promtool's output if they fail. */
export async function failureOfGrafanaRules(file: string, version: ToolVersion): Promise<string | undefined> {
  const { tests, ...options } = parse(readFileSync(file, "utf8")) as {
    rule_files: readonly string[];
    evaluation_interval?: string;
    tests: readonly { alert_rule_test?: readonly AlertTest[]; promql_expr_test?: unknown }[];
  };
  const titles = new Set(
    options.rule_files.flatMap((path) => rulesOf(join(RULES, basename(path)))).map(({ alert }) => alert),
  );
  const withoutAnnotations = (one: AlertTest): object => ({
    ...one,
    exp_alerts: one.exp_alerts.map(({ exp_labels: labels }) => ({ exp_labels: labels })),
  });
  await using folder = await temporaryFolder();
  await folder.write(
    "grafana.rules.yml",
    asPrometheusFile((title) => titles.has(title)),
  );
  const adapted = {
    rule_files: ["grafana.rules.yml"],
    evaluation_interval: options.evaluation_interval,
    // The others are about recorded series.
    tests: tests.flatMap(({ promql_expr_test: _recorded, ...one }) =>
      one.alert_rule_test === undefined
        ? []
        : [{ ...one, alert_rule_test: one.alert_rule_test.map(withoutAnnotations) }],
    ),
  };
  return await failureOfRuleTests(await folder.write("grafana.test.yml", stringify(adapted)), version);
}

/** Writes rules of Grafana as a file of Prometheus, without annotations, some of which Grafana lacks. */
export function asPrometheusFile(isIncluded: (title: string) => boolean = () => true): string {
  const groups = grafanaGroups.map(({ name, interval, rules }) => ({
    name,
    interval,
    rules: rules
      .filter(({ title }) => isIncluded(title))
      .map((rule) => ({
        alert: rule.title,
        expr: promqlOf(rule),
        for: rule.for,
        ...(rule.missing_series_evals_to_resolve > 1
          ? { keep_firing_for: `${rule.missing_series_evals_to_resolve * Number.parseInt(interval, 10)}m` }
          : {}),
        labels: rule.labels,
      })),
  }));
  return stringify({ groups });
}
