import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeFileError } from "../../config/document/files.ts";

/** Beside the files: what was written, so that what somebody changed since then is told apart from what is merely old. */
const RECORD = ".heartbeat-exporter-pack.json";

/** What became, or would become, of a file. */
export type FileChange = "written" | "updated" | "unchanged" | "removed";

/** Files that somebody changed after they had been written, or that are not of the pack at all. */
export interface Conflict {
  readonly kind: "conflict";
  readonly paths: readonly string[];
}

export interface WriteResult {
  readonly kind: "written";
  readonly steps: ReadonlyMap<string, FileChange>;
}

/** The folder cannot be written. */
export class PackError extends Error {
  override readonly name = "PackError";
}

/**
 * Writes the files below `folder`, and removes those of an earlier pack that are no more, all or nothing: where one of
 * them is not as it was written, none is touched unless `force` says so.
 * @param parts first folders of paths; of others nothing is removed
 * @throws PackError when the folder cannot be read or written
 */
export function writePack(
  folder: string,
  files: ReadonlyMap<string, string>,
  parts: readonly string[],
  force: boolean,
): WriteResult | Conflict {
  const record = readRecord(folder);
  const steps = new Map<string, FileChange>();
  const conflicts: string[] = [];
  for (const [path, text] of files) {
    const present = readOrNothing(join(folder, path));
    if (present === undefined) steps.set(path, "written");
    else if (present === text) steps.set(path, "unchanged");
    else if (force || hash(present) === record.get(path)) steps.set(path, "updated");
    else conflicts.push(path);
  }
  for (const [path, written] of record) {
    if (files.has(path) || !parts.some((part) => path.startsWith(`${part}/`))) continue;
    const present = readOrNothing(join(folder, path));
    if (present === undefined) record.delete(path);
    else if (force || hash(present) === written) steps.set(path, "removed");
    else conflicts.push(path);
  }
  if (conflicts.length > 0) return { kind: "conflict", paths: conflicts };
  for (const [path, step] of steps) carryOut(join(folder, path), step, files.get(path) ?? "");
  for (const [path, step] of steps) {
    if (step === "removed") record.delete(path);
    else record.set(path, hash(files.get(path) ?? ""));
  }
  const sorted = Object.fromEntries([...record].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  carryOut(join(folder, RECORD), "written", `${JSON.stringify(sorted, null, 2)}\n`);
  return { kind: "written", steps };
}

function carryOut(file: string, step: FileChange, text: string): void {
  try {
    switch (step) {
      case "unchanged":
        return;
      case "removed":
        rmSync(file);
        return;
      case "written":
      case "updated":
        // By renaming, so that a Prometheus that reloads meanwhile reads the old file or the new one.
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
    }
  } catch (error) {
    throw new PackError(`${file}: got ${describeFileError(error)}, want a place that can be written`, {
      cause: error,
    });
  }
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new PackError(`${file}: got ${describeFileError(error)}, want a file or nothing`, { cause: error });
  }
}

/** Hashes by path. Without a record that makes sense nothing is known to be ours. */
function readRecord(folder: string): Map<string, string> {
  try {
    const value: unknown = JSON.parse(readOrNothing(join(folder, RECORD)) ?? "{}");
    if (typeof value !== "object" || value === null) return new Map();
    return new Map(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
