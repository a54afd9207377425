import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeFileError } from "../../config/document/files.ts";
import { createFolder } from "../../store/private-files.ts";

/** File with the hashes of the written files, which tells files changed by hand from outdated ones. */
const RECORD = ".heartbeat-exporter-pack.json";

/** The change to a file of the pack. */
export type FileChange = "written" | "updated" | "unchanged" | "removed";

/** Files that were changed by hand after they had been written, or that are not part of the pack. */
export interface Conflict {
  readonly kind: "conflict";
  readonly paths: readonly string[];
}

/** The files of the pack after a run, by path. */
export interface WriteResult {
  readonly kind: "written";
  readonly changes: ReadonlyMap<string, FileChange>;
}

/** The error of a folder that cannot be read or written. */
export class PackError extends Error {
  override readonly name = "PackError";
}

/**
 * Writes the files below `folder` and removes files of an earlier pack that are not in `files`. Changes nothing if any of
 * these files was changed by hand, unless `force` is set.
 * @param parts folders in which files may be removed
 * @throws PackError if the folder cannot be read or written
 */
export function writePack(
  folder: string,
  files: ReadonlyMap<string, string>,
  parts: readonly string[],
  force: boolean,
): WriteResult | Conflict {
  const record = readRecord(folder);
  const changes = new Map<string, FileChange>();
  const conflicts: string[] = [];
  for (const [path, text] of files) {
    const present = readIfExists(join(folder, path));
    if (present === undefined) changes.set(path, "written");
    else if (present === text) changes.set(path, "unchanged");
    else if (force || hash(present) === record.get(path)) changes.set(path, "updated");
    else conflicts.push(path);
  }
  for (const [path, written] of record) {
    if (files.has(path) || !parts.some((part) => path.startsWith(`${part}/`))) continue;
    const present = readIfExists(join(folder, path));
    if (present === undefined) record.delete(path);
    else if (force || hash(present) === written) changes.set(path, "removed");
    else conflicts.push(path);
  }
  if (conflicts.length > 0) return { kind: "conflict", paths: conflicts };
  for (const [path, change] of changes) apply(join(folder, path), change, files.get(path) ?? "");
  for (const [path, change] of changes) {
    if (change === "removed") record.delete(path);
    else record.set(path, hash(files.get(path) ?? ""));
  }
  const sorted = Object.fromEntries([...record].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  apply(join(folder, RECORD), "written", `${JSON.stringify(sorted, null, 2)}\n`);
  return { kind: "written", changes };
}

function apply(file: string, change: FileChange, text: string): void {
  try {
    switch (change) {
      case "unchanged":
        return;
      case "removed":
        rmSync(file);
        return;
      case "written":
      case "updated":
        // Renamed into place, so that Prometheus never reads a partly written file.
        createFolder(dirname(file));
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
    }
  } catch (error) {
    throw new PackError(`${file}: got ${describeFileError(error)}, want a place that can be written`, {
      cause: error,
    });
  }
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PackError(`${file}: got ${describeFileError(error)}, want a file or nothing`, { cause: error });
  }
}

/** Returns the recorded hashes by path; none if the record is missing or invalid, so that existing files count as changed by hand. */
function readRecord(folder: string): Map<string, string> {
  try {
    const value: unknown = JSON.parse(readIfExists(join(folder, RECORD)) ?? "{}");
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
