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
export const EQUIVALENT: readonly Equivalent[] = [];

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
