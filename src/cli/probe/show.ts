import { styleText } from "node:util";
import { defined } from "../../core/defined.ts";
import { visible } from "../../core/escape.ts";
import { redactAddress } from "../../core/secret.ts";
import { seconds } from "../../core/units.ts";
import { createExposition } from "../../metrics/exposition.ts";
import { resultText } from "../../metrics/page.ts";
import { resultSamples } from "../../metrics/results.ts";
import { debugText } from "../../server/debug-text.ts";
import { textTable } from "../table.ts";
import { probeDetails } from "./details.ts";
import type { ProbeRun } from "./ended.ts";

/** Colours a text, if the output has colours. */
type Paint = (colour: "green" | "yellow" | "red", text: string) => string;

const HEADER = ["target", "module", "status", "duration", "detail"];

/** Renders the results as a table, one line each, with a summary of failures and spending below. A single one is told in detail. */
export function probesTable(runs: readonly ProbeRun[], colours: boolean): string {
  const paint: Paint = (colour, text) =>
    colours ? styleText(colour, text, { validateStream: false }) : text;
  const rows = runs.map(({ name, module, result }) => [
    name,
    module.name,
    verdictText(result, paint),
    `${result.duration.toFixed(3)} s`,
    detailText(result),
  ]);
  const failed = runs.filter(({ result }) => !result.outcome.ok).length;
  const counts = failed === 0 ? `${runs.length} succeeded` : `${failed} of ${runs.length} failed`;
  const summary = [counts, ...spentText(runs)].join("; ");
  const table = textTable([HEADER, ...rows], ["left", "left", "left", "right", "left"]);
  const [only] = runs;
  const details = only === undefined || runs.length > 1 ? "" : probeDetails(only);
  return [table, details, `${summary}\n`].filter((part) => part !== "").join("\n");
}

function verdictText({ outcome, degraded }: ProbeRun["result"], paint: Paint): string {
  if (!outcome.ok) return paint("red", "failed");
  return degraded === undefined ? paint("green", "ok") : paint("yellow", "degraded");
}

function detailText({ outcome, degraded, facts }: ProbeRun["result"]): string {
  const answer = facts?.answer;
  const answerText = answer === undefined ? "" : `answered ${JSON.stringify(answer)}`;
  if (outcome.ok) {
    const objection = degraded === undefined ? "" : `${degraded.reason}: ${degraded.detail}`;
    return visible([objection, answerText].filter((text) => text !== "").join("; "));
  }
  const failure = `${outcome.reason}: ${outcome.detail}`;
  const isQuoted = answerText === "" || outcome.detail.includes(answer ?? "");
  return visible(isQuoted ? failure : `${failure}; ${answerText}`);
}

function spentText(runs: readonly ProbeRun[]): readonly string[] {
  const spent = runs.flatMap(({ result }) => result.spent ?? []);
  if (spent.length === 0) return [];
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const tokens = `spent ${sum(spent.map(({ tokens }) => tokens.input))} input and ${sum(spent.map(({ tokens }) => tokens.output))} output tokens`;
  const priced = runs.flatMap(({ dollars }) => dollars ?? []);
  if (priced.length === 0) return [tokens];
  const unpriced = spent.length - priced.length;
  const note = unpriced === 0 ? "" : ` (${unpriced} of ${spent.length} without a price)`;
  return [`${tokens}, ${sum(priced).toFixed(6)} dollars${note}`];
}

/** Renders the results as one JSON document. */
export function probesJson(runs: readonly ProbeRun[]): string {
  const targets = runs.map(({ name, target, module, result, dollars }) => {
    const { outcome, degraded, duration, startedAt, facts, spent, beats } = result;
    const answer = facts?.answer;
    return {
      name,
      module: module.name,
      kind: module.prober.kind,
      address: redactAddress(target.address),
      success: outcome.ok,
      reason: outcome.ok ? null : outcome.reason,
      detail: outcome.ok ? null : outcome.detail,
      degraded: degraded ?? null,
      started_at: new Date(startedAt * 1000).toISOString(),
      duration_seconds: duration,
      ...defined({ answer, served_by: facts?.servedBy, tokens: spent?.tokens, dollars, beats }),
    };
  });
  return `${JSON.stringify({ success: runs.every(({ result }) => result.outcome.ok), targets }, null, 2)}\n`;
}

/** Renders the series of the results, labelled as on `/metrics`. */
export function probesExposition(runs: readonly ProbeRun[]): string {
  const exposition = createExposition();
  for (const { name, module, result } of runs) {
    exposition.add(resultSamples(result, seconds(0)), { target: name, module: module.name });
  }
  return exposition.text();
}

/** Renders the log of each probe, as `/probe?debug=true` does. */
export const probesDebug = (runs: readonly ProbeRun[]): string =>
  runs
    .map(({ name, module, result }) => {
      const text = debugText(result, module, resultText({ result, age: seconds(0) }));
      return `Target ${name}\n\n${text}`;
    })
    .join("\n\n");
