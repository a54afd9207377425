import type { LogLine, Result, Skip } from "../core/result.ts";
import type { Module } from "../core/target.ts";
import { rfc3339 } from "../core/units.ts";

/** Renders the log of a probe and its verdict, as `debug=true` shows them. */
export const logText = (result: Result): string => linesOf(result).map(escapeControls).join("\n");

/** Renders the answer to `debug=true`: the three blocks that blackbox_exporter prints, in its order. */
export function debugText(result: Result, module: Module, metrics: string, skipped?: Skip): string {
  const lines = [...linesOf(result)];
  if (skipped !== undefined) lines.push(skipLine(skipped));
  return blocks(lines, module, metrics);
}

function linesOf({ startedAt, outcome, degraded, log }: Result): readonly string[] {
  const success =
    degraded === undefined ? "succeeded" : `succeeded, degraded (${degraded.reason}): ${degraded.detail}`;
  const verdict = outcome.ok ? success : `failed (${outcome.reason}): ${outcome.detail}`;
  return [`started at ${rfc3339(startedAt)}`, ...log.map(logLine), `probe ${verdict}`];
}

/** Renders the answer to `debug=true` for a skipped target without a result. */
export const skippedText = (skip: Skip, module: Module, metrics: string): string =>
  blocks([skipLine(skip)], module, metrics);

const skipLine = ({ reason, detail }: Skip): string => `probes are skipped (${reason}): ${detail}`;

const blocks = (lines: readonly string[], module: Module, metrics: string): string =>
  [
    "Logs for the probe:",
    ...lines.map((line) => escapeControls(line)),
    "",
    "",
    "Metrics that would have been returned:",
    metrics,
    "",
    "Module configuration:",
    module.source,
  ].join("\n");

const logLine = ({ at, message, fields = {} }: LogLine): string => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return [
    `+${(at * 1000).toFixed(1)}ms`,
    message,
    ...given.map(([key, value]) => `${key}=${print(value)}`),
  ].join(" ");
};

const print = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));

/** Escapes control characters that a target sent, so that they cannot drive the terminal of a reader. */
const escapeControls = (line: string): string =>
  line.replace(/(?!\t)\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
