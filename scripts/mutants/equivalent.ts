import type { Mutant } from "./mutant.ts";

/** A change that makes no difference that a test could see. */
export interface Equivalent {
  readonly file: string;
  /** A part of the line on which the change begins. */
  readonly line: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Changes that are not counted. An entry that no change fits any more is an error of the run. */
export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: "src/core/truncate.ts",
    line: "if (text.length <= length) return text;",
    from: "text.length <= length",
    to: "false",
    reason: "a text that is not too long is returned whole without it too, with more work",
  },
  {
    file: "src/core/truncate.ts",
    line: "if (text.length <= length) return text;",
    from: "<=",
    to: "<",
    reason: "a text that is not too long is returned whole without it too, with more work",
  },
  {
    file: "src/core/truncate.ts",
    line: "const beginning =",
    from: "text.slice(0, end + LONGEST_GRAPHEME)",
    to: "text",
    reason: "the rest of the text has no part in the grapheme at its place, and is only more work",
  },
  {
    file: "src/core/truncate.ts",
    line: "const start =",
    from: "graphemes.segment(beginning).containing(end)?.index ?? end",
    to: "graphemes.segment(beginning).containing(end)?.index",
    reason: "the text goes on behind the place, so that a grapheme is there",
  },
  {
    file: "src/engine/deadline.ts",
    line: "if (longer <= timeout ||",
    from: "<=",
    to: "<",
    reason: "a deadline that is moved to itself stays",
  },
  {
    file: "src/engine/limits.ts",
    line: "if (inside >= limits.maxConcurrentProbes) return;",
    from: "inside >= limits.maxConcurrentProbes",
    to: "false",
    reason: "no lane has a slot then: it only ends the loop earlier",
  },
  {
    file: "src/engine/limits.ts",
    line: "if (inside >= limits.maxConcurrentProbes) return;",
    from: ">=",
    to: ">",
    reason: "no lane has a slot then: it only ends the loop earlier",
  },
  {
    file: "src/engine/restored-results.ts",
    line: "reason: outcome.ok ?",
    from: "outcome.ok",
    to: "false",
    reason: "a success has no reason",
  },
  {
    file: "src/engine/stagger.ts",
    line: "let turns = 0;",
    from: "0",
    to: "1",
    reason: "turns are compared, and with 0 for none",
  },
  {
    file: "src/engine/stagger.ts",
    line: "turns += 1;",
    from: "1",
    to: "2",
    reason: "turns are compared, and with 0 for none",
  },
  {
    file: "src/failover/machine.ts",
    line: "const isOverdue =",
    from: 'next.mode === "fallback" && limit !== undefined',
    to: 'next.mode === "fallback"',
    reason: "no time is longer than undefined",
  },
  {
    file: "src/failover/machine.ts",
    line: "const since = last === undefined",
    from: "last === undefined",
    to: "false",
    reason: "the time since undefined is NaN, which is no time of the same probe either",
  },
  {
    file: "src/failover/machine.ts",
    line: "const released =",
    from: "until !== undefined && at >= until",
    to: "at >= until",
    reason: "no time is after undefined",
  },
  {
    file: "src/notify/actions/attempts.ts",
    line: "cooldownUntil !== undefined",
    from: "cooldownUntil !== undefined && now < cooldownUntil",
    to: "now < cooldownUntil",
    reason: "no time is before undefined",
  },
  {
    file: "src/notify/actions/attempts.ts",
    line: "const isReset =",
    from: "resolvedAt !== undefined && elapsed(resolvedAt, now) >= resetAfter",
    to: "elapsed(resolvedAt, now) >= resetAfter",
    reason: "the time since undefined is NaN, which is no length of time",
  },
  {
    file: "src/core/secret.ts",
    line: 'text.includes("://")',
    from: 'text.includes("://")',
    to: "true",
    reason: "a text without :// has no URL; this spares long words a search that is slow for them",
  },
];

/** Returns true if the entry means this change of a file with this text. */
export function fits(entry: Equivalent, mutant: Mutant, text: string): boolean {
  const line = text.split("\n")[mutant.line - 1] ?? "";
  return (
    entry.file === mutant.file &&
    entry.from === mutant.from &&
    entry.to === mutant.to &&
    line.includes(entry.line)
  );
}
