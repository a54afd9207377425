import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { Environment } from "../../config/document/convert.ts";
import { readConfigFile } from "../../config/document/files.ts";
import { FORMATS } from "../../config/document/formats.ts";
import { convertWithVariables, emptyFileError, openDocument } from "../../config/document/open.ts";
import { unknownKeyProblem } from "../../config/document/schema-errors.ts";
import { createValidator } from "../../config/document/validate.ts";
import { numbersIn, withoutDefaults } from "../../config/sections/alert-thresholds.ts";
import { EXPORTER_ALERT_THRESHOLDS, TARGET_ALERT_THRESHOLDS } from "../../core/alert-thresholds.ts";
import { PIPE_PATIENCE } from "../shell.ts";

const texts = { type: "object", additionalProperties: { type: "string" } } as const satisfies JSONSchema;

const labels = {
  ...texts,
  propertyNames: { type: "string", format: "label_name" },
} as const satisfies JSONSchema;

const thresholds = {
  type: "object",
  properties: withoutDefaults([...TARGET_ALERT_THRESHOLDS, ...EXPORTER_ALERT_THRESHOLDS]),
  additionalProperties: false,
} as const satisfies JSONSchema;

const overridesSchema = {
  type: "object",
  properties: {
    runbook_url: {
      type: "string",
      minLength: 1,
      description: "URL of the folder with the runbooks; the alert's name and .md are appended.",
    },
    thresholds: {
      ...thresholds,
      description: "Thresholds for every alert; those of a single alert take precedence.",
    },
    labels: { ...labels, description: "Labels for every alert; labels of a single alert take precedence." },
    alerts: {
      type: "object",
      description: "Changes to alerts, by the alert's name.",
      additionalProperties: {
        type: "object",
        properties: {
          disable: { type: "boolean", description: "Omits the alert." },
          for: { type: "string", format: "prometheus_duration" },
          keep_firing_for: { type: "string", format: "prometheus_duration" },
          severity: { type: "string", minLength: 1 },
          thresholds,
          labels,
          annotations: { ...texts, propertyNames: { type: "string", format: "label_name" } },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The user's changes to the rules. */
export type Overrides = FromSchema<typeof overridesSchema>;
type AlertOverride = NonNullable<Overrides["alerts"]>[string];

/**
 * Reads a file of overrides.
 * @param known names of all alerts
 * @throws ConfigError with all problems, unknown alerts included
 */
export function loadOverrides(path: string, known: readonly string[], env: Environment): Overrides {
  const { root, findings, problems } = openDocument(readConfigFile(path, PIPE_PATIENCE), path);
  if (root === undefined) throw emptyFileError(path, "alerts to override");
  const value = convertWithVariables(root, overridesSchema, env, { findings, problems });
  const validator = createValidator(FORMATS);
  for (const problem of validator.check(overridesSchema, value)) problems.add(problem);
  problems.throwIfAny();
  const overrides = value as Overrides;
  for (const alert of Object.keys(overrides.alerts ?? {})) {
    if (!known.includes(alert)) problems.add(unknownKeyProblem(["alerts", alert], known));
  }
  problems.throwIfAny();
  return overrides;
}

/** Returns the names of the alerts in a file of rules. */
export const alertsIn = (text: string): readonly string[] =>
  rulesOf(parseDocument(text)).flatMap(({ rule }) => alertOf(rule) ?? []);

/** The changes to one run of the pack. */
export interface RuleChanges extends Overrides {
  /** URL of the exporter for links. */
  readonly externalUrl?: string;
}

/** Applies the overrides to a file of rules. Comments are kept, and a file without changes is returned as it is. */
export function applyOverrides(text: string, overrides: RuleChanges): string {
  const document = parseDocument(text);
  let changed = false;
  for (const { rule, remove } of rulesOf(document).toReversed()) {
    const alert = alertOf(rule);
    if (alert === undefined) continue;
    const own = overrides.alerts?.[alert] ?? {};
    if (own.disable === true) remove();
    else changed = change(document, rule, alert, overrides, own) || changed;
    changed ||= own.disable === true;
  }
  return changed ? document.toString({ lineWidth: 0 }) : text;
}

/** Changes one alert. Returns true if any override applies to it. */
function change(
  document: Document,
  rule: YAMLMap,
  alert: string,
  overrides: RuleChanges,
  own: AlertOverride,
): boolean {
  const severity = own.severity === undefined ? {} : { severity: own.severity };
  const url =
    overrides.runbook_url === undefined
      ? linksOf(rule, overrides.externalUrl)
      : {
          ...linksOf(rule, overrides.externalUrl),
          runbook_url: `${overrides.runbook_url.replace(/\/+$/, "")}/${alert}.md`,
        };
  const changes: (readonly [path: readonly string[], value: string])[] = [
    ...(["for", "keep_firing_for"] as const).flatMap((key) =>
      own[key] === undefined ? [] : [[[key], own[key]] as const],
    ),
    ...expressionWith(rule, numbersIn({ ...overrides.thresholds, ...own.thresholds })),
    ...changesBelow("labels", { ...overrides.labels, ...own.labels, ...severity }),
    ...changesBelow("annotations", { ...url, ...own.annotations }),
  ];
  for (const [path, value] of changes) rule.setIn(path, document.createNode(value));
  return changes.length > 0;
}

/** Begins an annotation of a rule that finds the URL of an exporter. */
const FOUND_URL = /^\{\{ range (?:[^}]|\}(?!\}))* \}\}\{\{ \.Labels\.url \}\}/;

/** Returns the annotations of a rule that are links, as they are with this URL of the exporter. */
function linksOf(rule: YAMLMap, url: string | undefined): Readonly<Record<string, string>> {
  if (url === undefined) return {};
  const links = ["details", "runbook_url"].flatMap((name) => {
    const template = rule.getIn(["annotations", name]);
    if (typeof template !== "string" || !FOUND_URL.test(template)) return [];
    // The runbook follows the end of the range, and a path is before it.
    const path = template.replace(FOUND_URL, "").replace(/^\{\{ end \}\}|\{\{ end \}\}$/, "");
    // Addresses on /probe have no target, and no page about them.
    const link = path.includes("$labels.target")
      ? `{{ if $labels.target }}${url}${path}{{ end }}`
      : `${url}${path}`;
    return [[name, link] as const];
  });
  return Object.fromEntries(links);
}

/** Returns the change of a rule's expression by which it compares with these thresholds, unless a target has its own. */
function expressionWith(
  rule: YAMLMap,
  thresholds: Readonly<Record<string, number>>,
): readonly (readonly [path: readonly string[], value: string])[] {
  const before = String(rule.get("expr"));
  let expr = before;
  for (const [name, value] of Object.entries(thresholds)) {
    const fallback = new RegExp(
      String.raw`\(max\(heartbeat_alert_threshold\{threshold="${name}"\}\) or vector\([\d.]+\)\)`,
      "g",
    );
    expr = expr
      .replaceAll(fallback, `vector(${value})`)
      .replaceAll(
        new RegExp(
          String.raw`(?<!unless on \(job, instance, cluster\) )heartbeat_alert_threshold\{threshold="${name}"\}`,
          "g",
        ),
        `(0 * heartbeat_alert_threshold{threshold="${name}"} + ${value})`,
      );
  }
  return expr === before ? [] : [[["expr"], expr]];
}

const changesBelow = (key: string, values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([name, value]) => [[key, name], String(value)] as const);

/** Returns every rule of a file, each with a function that removes it. */
function rulesOf(document: Document): readonly { rule: YAMLMap; remove: () => void }[] {
  const groups = document.get("groups");
  return (isSeq(groups) ? groups.items : []).flatMap((group) => {
    const rules = isMap(group) ? group.get("rules") : undefined;
    if (!isSeq(rules)) return [];
    return rules.items.flatMap((rule, i) =>
      isMap(rule) ? [{ rule, remove: () => void rules.items.splice(i, 1) }] : [],
    );
  });
}

function alertOf(rule: YAMLMap): string | undefined {
  const name = rule.get("alert");
  return typeof name === "string" ? name : undefined;
}
