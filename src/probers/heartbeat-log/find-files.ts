import { glob, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, normalize, sep } from "node:path";
import type { Timestamp } from "../../core/units.ts";
import { covers, realRoots } from "./allowed-files.ts";
import { fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";
import { looksRotated } from "./rotated.ts";

/** Files that one pattern may mean: each has series of its own. */
const MOST_FILES = 100;

const SPECIAL = /[*?[{]/;

/** Whether a target is a pattern that several files may match. */
export const isPattern = (path: string): boolean => SPECIAL.test(path);

/** Whether a target can be the path of a log, as it stands. */
export const isPath = (path: string): boolean =>
  isAbsolute(path) && !path.includes("\0") && !path.split(sep).includes("..");

/**
 * The files that a pattern means: those that match and that no rotation left, in the order of their names. Only folders
 * among `roots` are looked into.
 * @param since files that were not written to since then are left out
 */
export async function findFiles(
  pattern: string,
  roots: readonly string[],
  since: Timestamp | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | LogProblem> {
  const base = baseOf(pattern);
  try {
    const real = await untilAborted(realpath(base), signal);
    if (!covers(await untilAborted(realRoots(roots), signal), real))
      return problem("forbidden_target", `${base}, where the files of the pattern are, is not in paths`);
  } catch (error) {
    if (signal.aborted) throw error;
    return fileProblem(base, error);
  }
  const matching = glob(pattern)[Symbol.asyncIterator]();
  const files: string[] = [];
  for (;;) {
    const next = await untilAborted(matching.next(), signal);
    if (next.done === true) break;
    if (await isWanted(next.value, since, signal)) files.push(next.value);
    if (files.length > MOST_FILES)
      return problem(
        "too_large",
        `more than ${MOST_FILES} files match ${pattern}; narrow it, or set ignore_older`,
      );
  }
  return files.length === 0 ? problem("file_missing", `no file matches ${pattern}`) : files.toSorted();
}

/** The folder of a pattern up to the first part that is one. */
function baseOf(pattern: string): string {
  let folder = normalize(pattern);
  while (isPattern(folder)) folder = dirname(folder);
  return folder;
}

async function isWanted(path: string, since: Timestamp | undefined, signal: AbortSignal): Promise<boolean> {
  if (looksRotated(basename(path))) return false;
  const found = await untilAborted(stat(path), signal).catch(() => undefined);
  // What cannot be looked at is neither old nor a folder; reading it will say what is wrong.
  if (found === undefined) return true;
  return found.isFile() && (since === undefined || found.mtimeMs / 1000 >= since);
}
