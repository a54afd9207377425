import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { Document } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { visible } from "../../core/escape.ts";
import type { ImportResult } from "./names.ts";
import { createNames } from "./names.ts";

const positive = { type: "number", exclusiveMinimum: 0 } as const;
const open = { type: "object", additionalProperties: true } as const;

/** What stands in the file; only what is carried over is looked at closely. */
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

/** The configuration of an ecosystem health monitor as one of ours: a module, and a target for each service. */
export function importEcosystem(file: Ecosystem): ImportResult {
  const notes: string[] = [];
  const nameOf = createNames();
  const targets = file.services.map((service) => {
    const { name, url, critical, expected_response_time: expected } = service;
    const own = nameOf(name);
    if (own !== name) notes.push(`service ${JSON.stringify(visible(name))} is called ${own}`);
    for (const key of Object.keys(service)) {
      if (!SERVICE_KEYS.has(key))
        notes.push(`services: ${own}: ${visible(key)} is not carried over: it is not known`);
    }
    return {
      name: own,
      module: MODULE,
      target: escapeReferences(url),
      schedule: "interval",
      ...(file.check_interval_seconds === undefined
        ? {}
        : { interval: duration(file.check_interval_seconds) }),
      ...(file.max_consecutive_failures === undefined
        ? {}
        : { failure_threshold: file.max_consecutive_failures }),
      ...(expected === undefined ? {} : { expected_duration: duration(expected) }),
      ...defined({ critical }),
    };
  });
  const timeout = file.timeout_seconds === undefined ? {} : { timeout: duration(file.timeout_seconds) };
  const document = new Document({ modules: { [MODULE]: { prober: "http", ...timeout } }, targets });
  return { document, notes: [...notes, ...notesOf(file)] };
}

const SERVICE_KEYS = new Set(["name", "url", "critical", "expected_response_time"]);

/** What becomes of each key that is no part of the configuration here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  database_path: "that file stays as it is; --storage.path names a store of the exporter's own",
  log_level: "it is the flag --log.level",
  self_healing: "restarts are actions, which the exporter takes when Alertmanager tells it to",
};

function notesOf(file: Ecosystem): readonly string[] {
  const carried = new Set(Object.keys(ecosystemSchema.properties));
  return [
    ...Object.keys(file)
      .filter((key) => !carried.has(key) || key === "self_healing")
      .map((key) => `${visible(key)} is not carried over: ${ELSEWHERE[key] ?? "it is not known"}`),
    ...(file.alert_rules ?? []).map(ruleNote),
    ...Object.entries(file.alerting ?? {}).map(
      ([channel, settings]) =>
        `alerting.${visible(channel)}${isDisabled(settings) ? ", which is turned off," : ""} is not carried over: Alertmanager sends notifications; its receivers need what stands there`,
    ),
  ];
}

function ruleNote(rule: Readonly<Record<string, unknown>>): string {
  const { name, condition, severity, duration_minutes: minutes } = rule;
  const said = [
    typeof condition === "string" ? `condition ${visible(condition)}` : "",
    typeof severity === "string" ? `severity ${visible(severity)}` : "",
    typeof minutes === "number" ? `for ${minutes}m` : "",
    isDisabled(rule) ? "turned off" : "",
  ].filter((part) => part !== "");
  const about = typeof name === "string" ? visible(name) : "a rule";
  return `alert_rules: ${about} (${said.join(", ")}) is not carried over: alerts are rules of Prometheus, over heartbeat_target_healthy, heartbeat_consecutive_failures and heartbeat_health_check_duration_seconds`;
}

const isDisabled = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "enabled" in value && value.enabled === false;

/** As Prometheus writes durations. */
const duration = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds}s` : `${Math.max(1, Math.round(seconds * 1000))}ms`;
