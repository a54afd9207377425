import { isName } from "../core/names.ts";
import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import { truncateWithDots } from "../core/truncate.ts";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../core/units.ts";

/** A component's report on its own status. */
export interface ComponentReport {
  readonly status: TargetStatus;
  readonly message: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Time until the report expires. */
  readonly ttl: Seconds;
  readonly critical: boolean;
  /** The group to join. */
  readonly group?: string;
}

/** The error of an invalid report, `PART: got X, want Y`. */
export interface ReportProblem {
  readonly refused: string;
}

const DEFAULT_TTL = seconds(60);
const SHORTEST_TTL = seconds(1);
const LONGEST_TTL = seconds(86_400);
const LONGEST_MESSAGE = 1000;
const MOST_METRICS = 32;

const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** The keys of a report. Go programs that send their own struct also send `name` and `lastcheck`. */
const KEYS = ["status", "message", "error", "metrics", "ttl", "critical", "group", "name", "lastcheck"];

/**
 * Parses a report: `{status, message?, error?, metrics?, ttl?, critical?, group?}`. Keys match in any case and with or
 * without underscores, as in Go's encoding/json.
 * @param name name of the component, from the request's path
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
    // null means absent, as in Go.
    if (part !== null) fields.set(known, part);
  }
  return readFields(name, fields);
}

function readFields(name: string, fields: ReadonlyMap<string, unknown>): ComponentReport | ReportProblem {
  const bodyName = fields.get("name");
  if (bodyName !== undefined && bodyName !== "" && bodyName !== name) {
    return refuse("name", show(bodyName), `${name}, as in the path, or none`);
  }
  const text = fields.get("status");
  const status = TARGET_STATUSES.find((one) => typeof text === "string" && one === text.toLowerCase());
  if (status === undefined) return refuse("status", show(text), "healthy, degraded, unhealthy or unknown");
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

/** Joins message and error into one text. Go encodes most errors as `{}`, which counts as none. */
function readMessage(fields: ReadonlyMap<string, unknown>): string | ReportProblem {
  const message = fields.get("message") ?? "";
  if (typeof message !== "string") return refuse("message", show(message), "text");
  const error = fields.get("error") ?? "";
  if (typeof error !== "string" && !isEmptyObject(error)) return refuse("error", show(error), "text");
  const text = [message, typeof error === "string" ? error : ""].filter((part) => part !== "").join(": ");
  return text.length <= LONGEST_MESSAGE
    ? text
    : refuse("message", `${text.length} characters`, `at most ${LONGEST_MESSAGE}, including the error`);
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
        "letters, digits, _, . and - (a letter or _ first), at most 64",
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

/** Longest excerpt of a value in an error, in characters. */
const LONGEST_EXCERPT = 60;

const refuse = (part: string, got: string, want: string): ReportProblem => ({
  refused: `${part}: got ${got}, want ${want}`,
});

/** Formats a value for an error: shortened, and with control characters escaped. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return truncateWithDots(text, LONGEST_EXCERPT);
}
