import { styleText } from "node:util";
import { visible } from "../../core/escape.ts";
import { redactAddress } from "../../core/secret.ts";
import { seconds } from "../../core/units.ts";
import { createExposition } from "../../metrics/exposition.ts";
import { resultSamples, resultText } from "../../metrics/page.ts";
import { debugText } from "../../server/debug-text.ts";
import { textTable } from "../table.ts";
import type { ProbeRun } from "./ended.ts";

const HEADER = ["target", "module", "status", "duration", "what happened"];

/** The results for people: a line each, and below it how many failed and what was spent. */
export function probesTable(ended: readonly ProbeRun[], colours: boolean): string {
  const paint = (colour: "green" | "red", text: string): string =>
    colours ? styleText(colour, text, { validateStream: false }) : text;
  const rows = ended.map(({ name, module, result }) => [
    name,
    module.name,
    result.outcome.ok ? paint("green", "ok") : paint("red", "failed"),
    `${result.duration.toFixed(3)} s`,
    whatHappened(result),
  ]);
  const failed = ended.filter(({ result }) => !result.outcome.ok).length;
  const verdict = failed === 0 ? `${ended.length} succeeded` : `${failed} of ${ended.length} failed`;
  const summary = [verdict, ...spentText(ended)].join("; ");
  return `${textTable([HEADER, ...rows], ["left", "left", "left", "right", "left"])}\n${summary}\n`;
}

function whatHappened(result: ProbeRun["result"]): string {
  const { outcome, facts } = result;
  const answer = facts?.answer;
  const said = answer === undefined ? "" : `answered ${JSON.stringify(answer)}`;
  if (outcome.ok) return visible(said);
  const why = `${outcome.reason}: ${outcome.detail}`;
  return visible(said === "" || outcome.detail.includes(answer ?? "") ? why : `${why}; ${said}`);
}

function spentText(ended: readonly ProbeRun[]): readonly string[] {
  const asked = ended.flatMap(({ result }) => result.spent ?? []);
  if (asked.length === 0) return [];
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const tokens = `spent ${sum(asked.map(({ tokens }) => tokens.input))} tokens of input and ${sum(asked.map(({ tokens }) => tokens.output))} of output`;
  const priced = ended.flatMap(({ dollars }) => dollars ?? []);
  if (priced.length === 0) return [tokens];
  const rest = priced.length === asked.length ? "" : `, and ${asked.length - priced.length} without a price`;
  return [`${tokens}, ${sum(priced).toFixed(6)} dollars${rest}`];
}

/** The results for programs: one document. */
export function probesJson(ended: readonly ProbeRun[]): string {
  const targets = ended.map(({ name, target, module, result, dollars }) => {
    const { outcome, duration, startedAt, facts, spent, beats } = result;
    const answer = facts?.answer;
    return {
      name,
      module: module.name,
      kind: module.prober.kind,
      address: redactAddress(target.address),
      success: outcome.ok,
      reason: outcome.ok ? null : outcome.reason,
      detail: outcome.ok ? null : outcome.detail,
      started_at: new Date(startedAt * 1000).toISOString(),
      duration_seconds: duration,
      ...(answer === undefined ? {} : { answer }),
      ...(spent === undefined ? {} : { tokens: spent.tokens }),
      ...(dollars === undefined ? {} : { dollars }),
      ...(beats === undefined ? {} : { beats }),
    };
  });
  return `${JSON.stringify({ success: ended.every(({ result }) => result.outcome.ok), targets }, null, 2)}\n`;
}

/** The series of the results, labelled as on `/metrics`. */
export function probesExposition(ended: readonly ProbeRun[]): string {
  const exposition = createExposition();
  for (const { name, module, result } of ended) {
    exposition.add(resultSamples(result, seconds(0)), { target: name, module: module.name });
  }
  return exposition.text();
}

/** What happened during each probe, as `debug=true` of `/probe` shows it. */
export const probesDebug = (ended: readonly ProbeRun[]): string =>
  ended
    .map(({ name, module, result }) => {
      const text = debugText(result, module, resultText({ result, age: seconds(0) }));
      return `Target ${name}\n\n${text}`;
    })
    .join("\n\n");
