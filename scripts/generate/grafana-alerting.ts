import { readdirSync, readFileSync } from "node:fs";
import { Document, isScalar, parse, visit } from "yaml";
import { RUNBOOKS } from "../../dashboards/source/links.ts";
import { asksPrometheus, evaluations, withGrafanaValues } from "../../src/cli/pack/grafana-overrides.ts";
import { inlined, type Recording } from "./inlined-rules.ts";

/** A rule of a rule file. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const FOLDER = new URL("../../rules/", import.meta.url);

const NOTICE = `# Generated from rules/ by \`npm run generate\`; edit those instead.
#
# The alerts of rules/ as alert rules of Grafana's own, for those without a Prometheus that evaluates rules. Use one or the
# other: with both, each outage is reported twice. The data source has the uid "prometheus". Needs Grafana 12.2.
#
# A: the alert's expression, which has a series for each thing that is wrong, whatever its value. B: 1 for each series of A.
# C: the condition.
# noDataState OK: without a series nothing is wrong; alerts about what is missing have a series while it is.
# execErrState Error: a Prometheus that does not answer raises the alert DatasourceError; policies.yml makes it one message.
# missing_series_evals_to_resolve does what keep_firing_for does in Prometheus, for series that end with their alert.
`;

/** Fires if recording rules are missing. Grafana's rules read none. */
const ABOUT_RECORDINGS = "HeartbeatRulesIncomplete";

/** The default of Prometheus. */
const INTERVAL = "1m";
/** How far back data is asked for. An instant query reads what is before its end by itself. */
const RANGE = { from: 600, to: 0 };
const DATASOURCE = "prometheus";

/** Returns the alert rules of Grafana that correspond to the rules of Prometheus, by path. */
export const grafanaAlertingFiles = (): Readonly<Record<string, () => string>> => ({
  "grafana/alerting/rules.yml": alertRules,
});

function alertRules(): string {
  const groups = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".rules.yml"))
    .toSorted()
    .flatMap((name) => (parse(readFileSync(new URL(name, FOLDER), "utf8")) as { groups: Group[] }).groups);
  const recordings = groups.flatMap(({ rules }) =>
    rules.filter((rule): rule is Rule & Recording => rule.record !== undefined),
  );
  const content = {
    apiVersion: 1,
    groups: groups.map((group) => grafanaGroup(group, recordings)).filter(({ rules }) => rules.length > 0),
  };
  return `${NOTICE}${textOf(content)}`;
}

/** Keys whose values are written on one line. */
const ON_ONE_LINE = new Set(["relativeTimeRange", "datasource", "conditions"]);

function textOf(content: object): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (
        !isScalar(key) ||
        !ON_ONE_LINE.has(String(key.value)) ||
        typeof value !== "object" ||
        value === null
      )
        return;
      Object.assign(value, { flow: true });
    },
  });
  return document.toString({ lineWidth: 0 });
}

const grafanaGroup = ({ name, interval = INTERVAL, rules }: Group, recordings: readonly Recording[]) => ({
  orgId: 1,
  name,
  folder: "Heartbeat",
  interval,
  rules: rules
    .filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined)
    .filter(({ alert }) => alert !== ABOUT_RECORDINGS)
    .map((rule) => grafanaRule(rule, interval, recordings)),
});

function grafanaRule(
  rule: Rule & { readonly alert: string },
  interval: string,
  recordings: readonly Recording[],
): object {
  return {
    uid: rule.alert,
    title: rule.alert,
    condition: "C",
    data: [
      query("A", DATASOURCE, { expr: inlined(rule.expr, recordings).trim(), instant: true, range: false }),
      expression("B", { type: "math", expression: "is_number($A) || is_nan($A) || is_inf($A)" }),
      expression("C", {
        type: "threshold",
        expression: "B",
        conditions: [{ evaluator: { type: "gt", params: [0] } }],
      }),
    ],
    noDataState: "OK",
    execErrState: "Error",
    for: rule.for ?? "0s",
    missing_series_evals_to_resolve: evaluations(rule.keep_firing_for ?? "0s", interval),
    annotations: annotationsOf(rule),
    labels: rule.labels ?? {},
    isPaused: false,
  };
}

/**
 * Writes the annotations of an alert. Leaves out those that Prometheus looks up, except in the texts that every alert has, and
 * links to the project's runbook instead of the exporter's, whose address is looked up as well.
 */
function annotationsOf({ alert, annotations = {} }: Rule & { readonly alert: string }): object {
  const written = Object.entries(annotations).flatMap(([name, text]) => {
    if (!asksPrometheus(text)) return [[name, withGrafanaValues(text)]];
    if (name === "runbook_url") return [[name, `${RUNBOOKS}/${alert}.md`]];
    return ["summary", "description"].includes(name) ? [[name, withGrafanaValues(text)]] : [];
  });
  return Object.fromEntries(written) as object;
}

const query = (refId: string, datasourceUid: string, model: object): object => ({
  refId,
  relativeTimeRange: RANGE,
  datasourceUid,
  model: { refId, ...model },
});

const expression = (refId: string, model: object): object =>
  query(refId, "__expr__", { datasource: { type: "__expr__", uid: "__expr__" }, ...model });
