import { isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import { parseDuration } from "../../core/units.ts";
import type { Overrides, RuleChanges } from "./overrides.ts";

/** Applies the user's changes to the alert rules of Grafana. */
export function applyGrafanaOverrides(text: string, overrides: RuleChanges): string {
  const document = parseDocument(text);
  const groups = document.get("groups");
  for (const group of isSeq(groups) ? groups.items : []) {
    const rules = isMap(group) ? group.get("rules") : undefined;
    if (!isMap(group) || !isSeq(rules)) continue;
    rules.items = rules.items.filter((rule) => !isMap(rule) || changesOf(rule, overrides).disable !== true);
    for (const rule of rules.items) if (isMap(rule)) change(rule, String(group.get("interval")), overrides);
  }
  return document.toString({ lineWidth: 0 });
}

const titleOf = (rule: YAMLMap): string => String(rule.get("title"));

const changesOf = (rule: YAMLMap, { alerts = {} }: Overrides): NonNullable<Overrides["alerts"]>[string] =>
  alerts[titleOf(rule)] ?? {};

function change(rule: YAMLMap, interval: string, overrides: RuleChanges): void {
  const own = changesOf(rule, overrides);
  if (own.for !== undefined) rule.set("for", own.for);
  if (own.keep_firing_for !== undefined) {
    rule.set("missing_series_evals_to_resolve", evaluations(own.keep_firing_for, interval));
  }
  const severity = own.severity === undefined ? {} : { severity: own.severity };
  for (const [name, value] of Object.entries({ ...overrides.labels, ...own.labels, ...severity })) {
    // Grafana replaces $NAME in labels by the environment.
    rule.setIn(["labels", name], value.replaceAll("$", "$$$$"));
  }
  const { runbook_url: runbooks, externalUrl } = overrides;
  if (runbooks !== undefined) {
    rule.setIn(["annotations", "runbook_url"], `${runbooks.replace(/\/+$/, "")}/${titleOf(rule)}.md`);
  } else if (externalUrl !== undefined) {
    rule.setIn(["annotations", "runbook_url"], `${externalUrl}/runbooks/${titleOf(rule)}`);
  }
  for (const [name, value] of Object.entries(own.annotations ?? {})) {
    rule.setIn(["annotations", name], withGrafanaValues(value));
  }
}

/**
 * Returns the number of evaluations without a series after which Grafana resolves an alert, one at least, for a duration of
 * `keep_firing_for`.
 */
export function evaluations(keep: string, interval: string): number {
  const ratio = (parseDuration(keep) ?? Number.NaN) / (parseDuration(interval) ?? Number.NaN);
  if (Number.isNaN(ratio)) throw new Error(`got ${keep} and ${interval}, want two durations`);
  return Math.max(1, Math.ceil(ratio));
}

/**
 * Writes an annotation of Prometheus for Grafana, where `$value` is a sentence about all queries. Leaves out what asks
 * Prometheus with `query`, which Grafana's templates cannot.
 */
export const withGrafanaValues = (text: string): string =>
  withoutQueries(text).replaceAll(/\$value\b/g, "$$values.A.Value");

/** True if a template of Prometheus asks it with `query`. */
export const asksPrometheus = (text: string): boolean => withoutQueries(text) !== text;

/**
 * Leaves out actions with `query`, and blocks of such a condition as a whole: their `{{ else }}` says what is so if Prometheus
 * has no answer.
 */
function withoutQueries(text: string): string {
  /** For each open block, true if it is left out. */
  const open: boolean[] = [];
  const kept = text.split(/(\{\{[\s\S]*?\}\})/).map((part) => {
    const hidden = open.at(-1) ?? false;
    const word = /^\{\{-?\s*(\w*)/.exec(part)?.[1];
    const asks = word !== undefined && /\bquery\b/.test(part);
    if (word !== undefined && ["if", "with", "range"].includes(word)) open.push(hidden || asks);
    if (word === "end") open.pop();
    return hidden || asks ? "" : part;
  });
  return kept.join("");
}
