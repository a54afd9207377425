import { excerpt } from "../core/excerpt.ts";
import { isDebugging, type Log } from "../core/log.ts";
import type { LogLine, Result } from "../core/result.ts";
import { redactUrls } from "../core/secret.ts";
import type { ProbeRequest } from "../engine/probe-request.ts";

/** Most lines of one probe in the log of the exporter. `/logs` has all of them. */
const MOST_LINES = 40;

/** Most fields of a line. */
const MOST_FIELDS = 16;

/** Longest value, in characters. */
const LONGEST_VALUE = 200;

/** Fields that the log and every line of a probe have. A prober's own field of the same name gets a trailing `_`. */
const TAKEN: ReadonlySet<string> = new Set(["time", "level", "msg", "target", "module", "probe", "at"]);

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
  return excerpt(redactUrls(textOf(value).slice(0, 4096)), [], LONGEST_VALUE);
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

/** The log of probes. */
export interface ProbeLog {
  readonly log: Log;
  /** Level of the line that says that a probe failed: failed probes are expected, so it is `debug` unless `--log.prober` is given. */
  readonly failures: "debug" | "error";
}

/** Logs at debug what a probe asked and was answered, as its prober tells it, and how it ended. */
export function logProbe({ log, failures }: ProbeLog, ended: EndedProbe): void {
  if (isDebugging(log)) logSteps(log, ended);
  else if (failures === "debug" || ended.result.outcome.ok) return;
  if (ended.request.tier !== true) logEnd(log, failures, ended);
}

const aboutProbe = ({ name: target, request, result: { id: probe } }: EndedProbe) => ({
  target,
  module: request.module.name,
  probe,
});

function logSteps(log: Log, ended: EndedProbe): void {
  const about = aboutProbe(ended);
  const lines = ended.result.log;
  for (const { at, message, fields } of lines.slice(0, MOST_LINES)) {
    log.debug({ ...about, at: rounded(at), ...shownFields(fields) }, `probe: ${excerpt(message)}`);
  }
  const left = lines.length - MOST_LINES;
  if (left > 0) log.debug({ ...about, lines: left }, "probe: more lines are in /logs");
}

function logEnd(log: Log, failures: ProbeLog["failures"], ended: EndedProbe): void {
  const { outcome, duration, facts, spent } = ended.result;
  const tokens = facts?.tokens ?? spent?.tokens;
  const answer = {
    model: facts?.model,
    input_tokens: tokens?.input,
    output_tokens: tokens?.output,
    answer: facts?.answer,
    dollars: ended.dollars,
  };
  const level = outcome.ok ? "debug" : failures;
  const fields = { ...aboutProbe(ended), duration: rounded(duration), ...outcome, ...shownFields(answer) };
  log[level](fields, "probe ended");
}
