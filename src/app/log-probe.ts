import { excerpt } from "../core/excerpt.ts";
import { isDebugging, type Log } from "../core/log.ts";
import type { LogLine, Result } from "../core/result.ts";
import { REDACTED } from "../core/secret.ts";
import type { ProbeRequest } from "../engine/probe-request.ts";

/** Most lines of one probe in the log of the exporter. `/logs` has all of them. */
const MOST_LINES = 40;

/** Most fields of a line. */
const MOST_FIELDS = 16;

/** Longest value, in characters. */
const LONGEST_VALUE = 200;

/** Fields that the log and every line of a probe have. A prober's own field of the same name gets a trailing `_`. */
const TAKEN: ReadonlySet<string> = new Set(["time", "level", "msg", "target", "module", "probe", "at"]);

/** User and password of an address, which a plugin may log. */
const USERINFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;

/** Rounds to microseconds. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Bounds fields and makes them printable: a target sends some of them, and plugins choose others. */
function shownFields(fields: LogLine["fields"] = {}): Readonly<Record<string, unknown>> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(
    given
      .slice(0, MOST_FIELDS)
      .map(([key, value]) => [TAKEN.has(key) ? `${key}_` : excerpt(key, [], 60), shownValue(value)]),
  );
}

function shownValue(value: unknown): unknown {
  if (typeof value === "number") return rounded(value);
  if (typeof value === "boolean") return value;
  return excerpt(textOf(value).slice(0, 4096).replace(USERINFO, `$1${REDACTED}@`), [], LONGEST_VALUE);
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A plugin may log what is no JSON, such as a bigint.
    return String(value);
  }
}

/** A probe that has ended. */
export interface EndedProbe {
  readonly request: Pick<ProbeRequest, "module" | "tier">;
  readonly result: Result;
  /** Name of the target, or the address without its password. */
  readonly name: string;
  /** Cost of the probe, if it is known. */
  readonly dollars?: number;
}

/**
 * Logs at debug what a probe asked and was answered, as its prober tells it, and how it ended. Failed probes are expected, so
 * they are logged at debug too.
 */
export function logProbe(log: Log, { name: target, request, result, dollars }: EndedProbe): void {
  if (!isDebugging(log)) return;
  const { id: probe, outcome, duration, facts, spent } = result;
  const about = { target, module: request.module.name, probe };
  for (const { at, message, fields } of result.log.slice(0, MOST_LINES)) {
    log.debug({ ...about, at: rounded(at), ...shownFields(fields) }, `probe: ${excerpt(message)}`);
  }
  const left = result.log.length - MOST_LINES;
  if (left > 0) log.debug({ ...about, lines: left }, "probe: more lines are in /logs");
  if (request.tier === true) return;
  const tokens = facts?.tokens ?? spent?.tokens;
  const answer = {
    model: facts?.model,
    input_tokens: tokens?.input,
    output_tokens: tokens?.output,
    answer: facts?.answer,
    dollars,
  };
  log.debug({ ...about, duration: rounded(duration), ...outcome, ...shownFields(answer) }, "probe ended");
}
