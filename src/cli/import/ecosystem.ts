import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { Document } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { visible } from "../../core/escape.ts";
import { createNames, type ImportResult } from "./names.ts";

const positive = { type: "number", exclusiveMinimum: 0 } as const;
const open = { type: "object", additionalProperties: true } as const;

/** The schema of an ecosystem health monitor's file, strict only where settings are imported. */
export const ecosystemSchema = {
  type: "object",
  required: ["services"],
  properties: {
    check_interval_seconds: positive,
    timeout_seconds: positive,
    max_consecutive_failures: { type: "integer", minimum: 1 },
    services: {
      type: "array",
      items: {
        type: "object",
        required: ["name", "url"],
        properties: {
          name: { type: "string", minLength: 1 },
          url: { type: "string", minLength: 1 },
          critical: { type: "boolean" },
          expected_response_time: positive,
        },
        additionalProperties: true,
      },
    },
    alert_rules: { type: "array", items: open },
    alerting: open,
    self_healing: open,
  },
  additionalProperties: true,
} as const satisfies JSONSchema;

type Ecosystem = FromSchema<typeof ecosystemSchema>;

const MODULE = "http_2xx";

/** Converts the configuration of an ecosystem health monitor: one module, and a target for each service. */
export function importEcosystem(file: Ecosystem): ImportResult {
  const notes: string[] = [];
  const nameOf = createNames();
  const targets = file.services.map((service) => {
    const { name, url, critical, expected_response_time: expected } = service;
    const own = nameOf(name);
    if (own !== name) notes.push(`service ${JSON.stringify(visible(name))} is renamed to ${own}`);
    for (const key of Object.keys(service)) {
      if (!SERVICE_KEYS.has(key))
        notes.push(`services: ${own}: ${visible(key)} is not imported: unknown key`);
    }
    return {
      name: own,
      module: MODULE,
      target: escapeReferences(url),
      schedule: "interval",
      ...defined({
        interval: durationOf(file.check_interval_seconds),
        failure_threshold: file.max_consecutive_failures,
        expected_duration: durationOf(expected),
        critical,
      }),
    };
  });
  const timeout = durationOf(file.timeout_seconds);
  const module = { prober: "http", ...defined({ timeout }) };
  const document = new Document({ modules: { [MODULE]: module }, targets });
  return { document, notes: [...notes, ...notesOf(file)] };
}

const SERVICE_KEYS = new Set(["name", "url", "critical", "expected_response_time"]);

/** Keys without an equivalent in the exporter's configuration, and where their setting belongs. */
const ALTERNATIVES: Readonly<Record<string, string>> = {
  database_path: "the exporter has a store of its own, set by --storage.path",
  log_level: "use the flag --log.level",
  self_healing: "use actions, which the exporter takes when Alertmanager sends an alert",
};

function notesOf(file: Ecosystem): readonly string[] {
  const supported = new Set(Object.keys(ecosystemSchema.properties));
  return [
    ...Object.keys(file)
      .filter((key) => !supported.has(key) || key === "self_healing")
      .map((key) => `${visible(key)} is not imported: ${ALTERNATIVES[key] ?? "unknown key"}`),
    ...(file.alert_rules ?? []).map(ruleNote),
    ...Object.entries(file.alerting ?? {}).map(
      ([channel, settings]) =>
        `alerting.${visible(channel)}${isDisabled(settings) ? " (disabled)" : ""} is not imported: Alertmanager sends notifications; configure a receiver there`,
    ),
  ];
}

function ruleNote(rule: Readonly<Record<string, unknown>>): string {
  const { name, condition, severity, duration_minutes: minutes } = rule;
  const details = [
    typeof condition === "string" ? `condition ${visible(condition)}` : "",
    typeof severity === "string" ? `severity ${visible(severity)}` : "",
    typeof minutes === "number" ? `for ${minutes}m` : "",
    isDisabled(rule) ? "disabled" : "",
  ].filter((part) => part !== "");
  const title = typeof name === "string" ? visible(name) : "a rule";
  return `alert_rules: ${title} (${details.join(", ")}) is not imported: write a Prometheus rule over heartbeat_target_healthy, heartbeat_consecutive_failures or heartbeat_health_check_duration_seconds`;
}

const isDisabled = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "enabled" in value && value.enabled === false;

/** Formats seconds as a Prometheus duration, in whole milliseconds. */
function durationOf(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.max(1, Math.round(seconds * 1000))}ms`;
}
