import { dirname, isAbsolute, normalize, sep } from "node:path";
import { unlessItHangs } from "../../core/file-errors.ts";
import type { Timestamp } from "../../core/units.ts";
import { glob, realpath, stat } from "../../files/files.ts";
import { refusalOf } from "./allowed-files.ts";
import { type LogFile, type NamedFile, nameFile, newestOf } from "./log-files.ts";
import { beforeNumber, isCompressedName } from "./log-names.ts";
import { fileProblem, type LogProblem, problem, untilAborted } from "./problem.ts";

/** Most logs that a pattern may match; it bounds the number of series. */
const MOST_LOGS = 1000;

/** Most files that a pattern may match, most of them rotated. */
const MOST_FILES = 100_000;

const SPECIAL = /[*?[{]/;

/** Returns true if a target is a pattern that several files may match. */
export const isPattern = (path: string): boolean => SPECIAL.test(path);

/** Returns true if a target is an absolute path or pattern without `..`. */
export const isPath = (path: string): boolean =>
  isAbsolute(path) && !path.includes("\0") && !path.split(sep).includes("..");

/** The limits of a search. */
export interface SearchRules {
  readonly roots: readonly string[];
  /** Leaves out logs that were last modified before this time. */
  readonly since: Timestamp | undefined;
  /** Returns true if the exporter has read the log at this path before. */
  readonly isKnown: (path: string) => boolean;
}

/** Finds the logs that match a pattern, sorted by name, without rotated files. Only searches folders in `roots`. */
export async function findLogs(
  pattern: string,
  rules: SearchRules,
  signal: AbortSignal,
): Promise<readonly LogFile[] | LogProblem> {
  const base = baseOf(pattern);
  try {
    const refused = await untilAborted(refusalOf(base, rules.roots), signal);
    if (refused !== undefined) return refused;
    await untilAborted(realpath(base), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return fileProblem(base, error);
  }
  const paths = await matchesOf(pattern, signal);
  if (paths === undefined)
    return problem("too_large", `more than ${MOST_FILES} files match ${pattern}; narrow it`);
  const logs: LogFile[] = [];
  for (const files of (await groups(paths, base, rules, signal)).values()) {
    const log = await untilAborted(newestOf(files, rules.since, timesOf), signal);
    if (log !== undefined) logs.push(log);
    if (logs.length > MOST_LOGS)
      return problem(
        "too_large",
        `more than ${MOST_LOGS} logs match ${pattern}; narrow it, or set ignore_older`,
      );
  }
  if (logs.length > 0) return logs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const others =
    paths.length > 0 ? ", except for rotated or compressed files, folders and those that are too old" : "";
  return problem("file_missing", `no file matches ${pattern}${others}`);
}

async function matchesOf(pattern: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const matching = glob(pattern, baseOf(pattern));
  const paths: string[] = [];
  while (paths.length <= MOST_FILES) {
    const next = await untilAborted(matching.next(), signal);
    if (next.done === true) return paths;
    paths.push(next.value);
  }
  return undefined;
}

/** Groups the matching files by the log that they belong to. */
async function groups(
  paths: readonly string[],
  base: string,
  { isKnown, roots }: SearchRules,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly NamedFile[]>> {
  const all = new Map<string, NamedFile[]>();
  const matched = new Set(paths);
  const missing = new Set<string>();
  const add = async (path: string): Promise<void> => {
    const file = await untilAborted(nameFile(path, base, roots), signal);
    const group = all.get(file.group);
    if (group === undefined) all.set(file.group, [file]);
    else group.push(file);
  };
  for (const path of paths.filter((one) => !isCompressedName(one))) {
    const original = beforeNumber(path);
    if (original === undefined) await add(path);
    // Without a log that it could have been, a file with a number is a log of its own.
    else if (matched.has(original) || (await untilAborted(exists(original), signal))) continue;
    else if (isKnown(original)) missing.add(original);
    else await add(path);
  }
  // Between a rotation and the first line of the new log there is none.
  for (const path of missing) await add(path);
  return all;
}

/** Returns the times of a regular file; `undefined` for anything else. */
async function timesOf(path: string): Promise<{ modified: number | undefined; created: number } | undefined> {
  const found = await stat(path).catch(unlessItHangs(undefined));
  if (found === undefined) return { modified: undefined, created: 0 };
  return found.isFile()
    ? { modified: Number(found.mtimeNs) / 1e9, created: Number(found.birthtimeNs) / 1e9 }
    : undefined;
}

const exists = (path: string): Promise<boolean> =>
  stat(path)
    .then(() => true)
    .catch(unlessItHangs(false));

/** Returns the folder before the first part of a pattern that has wildcards. */
function baseOf(pattern: string): string {
  let folder = normalize(pattern);
  while (isPattern(folder)) folder = dirname(folder);
  return folder;
}
