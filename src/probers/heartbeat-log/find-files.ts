import { glob, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, normalize, sep } from "node:path";
import type { Timestamp } from "../../core/units.ts";
import { covers, realRoots } from "./allowed-files.ts";
import { fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";
import { looksRotated } from "./rotation.ts";

/** Most files that a pattern may match; it bounds the number of series. */
const MOST_FILES = 100;

const SPECIAL = /[*?[{]/;

/** Returns true if a target is a pattern that several files may match. */
export const isPattern = (path: string): boolean => SPECIAL.test(path);

/** Returns true if a target is an absolute path or pattern without `..`. */
export const isPath = (path: string): boolean =>
  isAbsolute(path) && !path.includes("\0") && !path.split(sep).includes("..");

/**
 * Finds the files that match a pattern, sorted by name, without rotated files. Only searches folders in `roots`.
 * @param since excludes files that were last modified before this time
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
      return problem("forbidden_target", `${base}, the folder of the pattern, is not in paths`);
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

/** Returns the folder before the first part of a pattern that has wildcards. */
function baseOf(pattern: string): string {
  let folder = normalize(pattern);
  while (isPattern(folder)) folder = dirname(folder);
  return folder;
}

async function isWanted(path: string, since: Timestamp | undefined, signal: AbortSignal): Promise<boolean> {
  if (looksRotated(basename(path))) return false;
  const found = await untilAborted(stat(path), signal).catch(() => undefined);
  // Reading the file will report why it is not accessible.
  if (found === undefined) return true;
  return found.isFile() && (since === undefined || found.mtimeMs / 1000 >= since);
}
