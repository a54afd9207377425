import { isName } from "../core/names.ts";
import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../core/units.ts";

/** What a component says of itself. */
export interface ComponentReport {
  readonly status: TargetStatus;
  readonly message: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** How long the report counts. */
  readonly ttl: Seconds;
  readonly critical: boolean;
  /** The group that it belongs to. */
  readonly group?: string;
}

/** Why a report cannot be taken: which part of it, what was got and what was wanted. */
export interface ReportProblem {
  readonly refused: string;
}

const DEFAULT_TTL = seconds(60);
const SHORTEST_TTL = seconds(1);
const LONGEST_TTL = seconds(86_400);
const LONGEST_MESSAGE = 1000;
const MOST_METRICS = 32;

const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** What may stand in a report. `name` and `lastcheck` are in the report of a Go program that sends its own struct. */
const KEYS = ["status", "message", "error", "metrics", "ttl", "critical", "group", "name", "lastcheck"];

/**
 * Reads a report: `{status, message?, error?, metrics?, ttl?, critical?, group?}`. Keys count in any case and with or
 * without underscores, as Go writes and reads them.
 * @param name under which it was sent
 */
export function readReport(name: string, value: unknown): ComponentReport | ReportProblem {
  if (!isName(name)) {
    return refuse("name", show(name), "letters, digits, _, - and . (not first), at most 128");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("body", show(value), 'a JSON object such as {"status": "healthy"}');
  }
  const fields = new Map<string, unknown>();
  for (const [key, part] of Object.entries(value)) {
    const known = key.toLowerCase().replaceAll("_", "");
    if (!KEYS.includes(known)) return refuse("body", `the key ${show(key)}`, KEYS.slice(0, 7).join(", "));
    if (fields.has(known)) return refuse(known, "the key a second time", "each key once");
    // As Go has it, null is the same as nothing.
    if (part !== null) fields.set(known, part);
  }
  return readFields(name, fields);
}

function readFields(name: string, fields: ReadonlyMap<string, unknown>): ComponentReport | ReportProblem {
  const named = fields.get("name");
  if (named !== undefined && named !== "" && named !== name) {
    return refuse("name", show(named), `${name}, as in the path, or none`);
  }
  const said = fields.get("status");
  const status = TARGET_STATUSES.find((one) => typeof said === "string" && one === said.toLowerCase());
  if (status === undefined) return refuse("status", show(said), "healthy, degraded, unhealthy or unknown");
  const message = readMessage(fields);
  if (typeof message !== "string") return message;
  const metrics = readMetrics(fields.get("metrics") ?? {});
  if ("refused" in metrics) return metrics;
  const ttl = readTtl(fields.get("ttl"));
  if (typeof ttl !== "number") return ttl;
  const critical = fields.get("critical") ?? false;
  if (typeof critical !== "boolean") return refuse("critical", show(critical), "true or false");
  const group = fields.get("group");
  if (group !== undefined && typeof group !== "string")
    return refuse("group", show(group), "the name of a group");
  return {
    status,
    message,
    metrics: metrics.values,
    ttl,
    critical,
    ...(group === undefined || group === "" ? {} : { group }),
  };
}

/** Message and error become one text. An error of Go that is no text comes as `{}` and says nothing. */
function readMessage(fields: ReadonlyMap<string, unknown>): string | ReportProblem {
  const message = fields.get("message") ?? "";
  if (typeof message !== "string") return refuse("message", show(message), "text");
  const error = fields.get("error") ?? "";
  if (typeof error !== "string" && !isEmptyObject(error)) return refuse("error", show(error), "text");
  const text = [message, typeof error === "string" ? error : ""].filter((part) => part !== "").join(": ");
  return text.length <= LONGEST_MESSAGE
    ? text
    : refuse("message", `${text.length} characters`, `at most ${LONGEST_MESSAGE}, the error included`);
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

function readMetrics(value: unknown): { readonly values: Readonly<Record<string, number>> } | ReportProblem {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("metrics", show(value), "an object of numbers");
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length > MOST_METRICS) return refuse("metrics", `${entries.length}`, `at most ${MOST_METRICS}`);
  for (const [key, number] of entries) {
    if (!METRIC_NAME.test(key)) {
      return refuse(
        "metrics",
        `the name ${show(key)}`,
        "letters, digits, _, . and -, a letter or _ first, at most 64",
      );
    }
    if (typeof number !== "number" || !Number.isFinite(number))
      return refuse(`metrics.${key}`, show(number), "a number");
  }
  return { values: Object.fromEntries(entries as [string, number][]) };
}

function readTtl(value: unknown): Seconds | ReportProblem {
  if (value === undefined) return DEFAULT_TTL;
  const ttl = typeof value === "string" ? parseDuration(value) : undefined;
  return ttl !== undefined && ttl >= SHORTEST_TTL && ttl <= LONGEST_TTL
    ? ttl
    : refuse("ttl", show(value), `${DURATION_FORM}, from 1s to 1d`);
}

const LONGEST_SHOWN = 60;

const refuse = (part: string, got: string, want: string): ReportProblem => ({
  refused: `${part}: got ${got}, want ${want}`,
});

/** What was sent, shortly, and so that no control character gets through. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
