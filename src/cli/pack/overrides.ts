import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { Environment } from "../../config/document/convert.ts";
import { readConfigFile } from "../../config/document/files.ts";
import { FORMATS } from "../../config/document/formats.ts";
import { convertWithVariables, emptyFileError, openDocument } from "../../config/document/open.ts";
import { unknownKeyProblem } from "../../config/document/schema-errors.ts";
import { createValidator } from "../../config/document/validate.ts";

const texts = { type: "object", additionalProperties: { type: "string" } } as const satisfies JSONSchema;

const labels = {
  ...texts,
  propertyNames: { type: "string", format: "label_name" },
} as const satisfies JSONSchema;

const overridesSchema = {
  type: "object",
  properties: {
    runbook_url: {
      type: "string",
      minLength: 1,
      description: "Where the pages about the alerts are; the name of the alert and .md are appended.",
    },
    labels: { ...labels, description: "Labels for every alert; those of one alert win." },
    alerts: {
      type: "object",
      description: "What is different about an alert, by its name.",
      additionalProperties: {
        type: "object",
        properties: {
          disable: { type: "boolean", description: "Whether the alert is left out." },
          for: { type: "string", format: "duration" },
          keep_firing_for: { type: "string", format: "duration" },
          severity: { type: "string", minLength: 1 },
          labels,
          annotations: { ...texts, propertyNames: { type: "string", format: "label_name" } },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** What somebody wants to be different about the rules. */
export type Overrides = FromSchema<typeof overridesSchema>;
type AlertOverride = NonNullable<Overrides["alerts"]>[string];

/**
 * Reads a file of overrides.
 * @param known the names of the alerts that there are
 * @throws ConfigError naming everything that is wrong with it, unknown alerts included
 */
export function loadOverrides(path: string, known: readonly string[], env: Environment): Overrides {
  const { root, findings, problems } = openDocument(readConfigFile(path), path);
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

/** The names of the alerts in a file of rules. */
export const alertsIn = (text: string): readonly string[] =>
  rulesOf(parseDocument(text)).flatMap(({ rule }) => alertOf(rule) ?? []);

/** A file of rules with the overrides in it; comments stay, and so does the text as it is when nothing changes. */
export function applyOverrides(text: string, overrides: Overrides): string {
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

/** Changes one alert. @returns whether there was anything to change */
function change(
  document: Document,
  rule: YAMLMap,
  alert: string,
  overrides: Overrides,
  own: AlertOverride,
): boolean {
  const severity = own.severity === undefined ? {} : { severity: own.severity };
  const url =
    overrides.runbook_url === undefined
      ? {}
      : { runbook_url: `${overrides.runbook_url.replace(/\/+$/, "")}/${alert}.md` };
  const values: (readonly [path: readonly string[], value: string])[] = [
    ...(["for", "keep_firing_for"] as const).flatMap((key) =>
      own[key] === undefined ? [] : [[[key], own[key]] as const],
    ),
    ...under("labels", { ...overrides.labels, ...own.labels, ...severity }),
    ...under("annotations", { ...url, ...own.annotations }),
  ];
  for (const [path, value] of values) rule.setIn(path, document.createNode(value));
  return values.length > 0;
}

const under = (key: string, values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([name, value]) => [[key, name], String(value)] as const);

/** Every rule of a file, with how to take it out. */
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
