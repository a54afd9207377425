/** A small fault put into a file: the text from `start` to `end` is replaced. */
export interface Mutant {
  /** Path of the file, from the root of the repository. */
  readonly file: string;
  /** Line of `start`, from 1. */
  readonly line: number;
  /** Offsets in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly from: string;
  readonly to: string;
}

/** A replacement before the file is known. */
export type Replacement = Pick<Mutant, "start" | "end" | "to">;

/** Adds the facts about the file to replacements of its text, and leaves out those that change nothing or come twice. */
export function mutantsOf(file: string, text: string, replacements: readonly Replacement[]): Mutant[] {
  const mutants = new Map<string, Mutant>();
  for (const { start, end, to } of replacements) {
    const from = text.slice(start, end);
    const line = text.slice(0, start).split("\n").length;
    if (from !== to) mutants.set(`${start} ${end} ${to}`, { file, line, start, end, from, to });
  }
  return [...mutants.values()];
}

/** Returns the text of the file with the fault in it. */
export const apply = (text: string, { start, end, to }: Mutant): string =>
  text.slice(0, start) + to + text.slice(end);

/** Returns the change in one line of at most about 120 characters. */
export function describe({ from, to }: Mutant): string {
  const short = (text: string): string => {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > 60 ? `${line.slice(0, 57)}...` : line;
  };
  return `${short(from)} -> ${to.trim() === "" ? "(removed)" : short(to)}`;
}
