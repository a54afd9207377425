import { accessSync, constants, existsSync, type Stats, statSync } from "node:fs";
import { statSmall } from "./files.ts";
import { type OnceOptions, readOnce } from "./once.ts";
import { processGuard } from "./process-guard.ts";

/*
 * Operations on files that block the process until they are done: for the configuration, while it is loaded. While the
 * exporter runs, a file is refused here that is known to hang; `lookAgain` finds out before a reload.
 */

/** Finds out which of the files that were read here hang now. Waits a second at most. */
export async function lookAgain(): Promise<void> {
  await Promise.allSettled([...seen].map(statSmall));
}

/** Files that were read here. */
const seen = new Set<string>();

/** Most files that are remembered, which are those of a configuration and the ones before it. */
const MOST_SEEN = 10_000;

function check(path: string): void {
  seen.delete(path);
  seen.add(path);
  for (const oldest of seen) {
    if (seen.size <= MOST_SEEN) break;
    seen.delete(oldest);
  }
  const refusal = processGuard.refusal(path);
  if (refusal !== undefined) throw refusal;
}

/**
 * Reads a regular file; with `patience`, also a pipe.
 * @throws FileHangsError if the file is known to hang, else as `readOnce`
 */
export function readNow(path: string, options?: OnceOptions): Buffer {
  check(path);
  return readOnce(path, options);
}

/** As `fs.statSync`. @throws FileHangsError if the file is known to hang */
export function statNow(path: string): Stats {
  check(path);
  return statSync(path);
}

/** Checks that a file can be read, as `fs.accessSync`. @throws FileHangsError if the file is known to hang */
export function accessNow(path: string): void {
  check(path);
  accessSync(path, constants.R_OK);
}

/** Returns true if the file exists, or is known to hang. */
export function existsNow(path: string): boolean {
  try {
    check(path);
  } catch {
    return true;
  }
  return existsSync(path);
}
