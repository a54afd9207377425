import { readFileSync, type Stats, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Secret } from "../../core/secret.ts";

/** Larger than any key or token; a file beyond it is some other file. */
const LARGEST = 64 * 1024;

/** A file that does not hold a secret: what it is instead, and what is wanted. */
export interface SecretProblem {
  readonly got: string;
  readonly want: string;
}

/**
 * The secret in `file`, without the newline at its end. It is read now, and again whenever the file has changed by
 * the time it is revealed; while the file cannot be read then (it is being replaced, perhaps), the last value serves.
 * @param complain is called when the file cannot be used now; the returned secret then rejects
 */
export function fileSecret(file: string, complain: (problem: SecretProblem) => void): Secret {
  try {
    const stats = statSync(file);
    checkStats(stats);
    return rereading(file, { value: valueIn(readFileSync(file)), version: versionOf(stats) });
  } catch (error) {
    complain({ got: reasonOf(error), want: `a readable file with a secret, at most ${LARGEST / 1024} KiB` });
    return new Secret(() => Promise.reject(new Error(`no secret in ${file}`, { cause: error })));
  }
}

interface SecretReading {
  readonly value: string;
  readonly version: string;
}

function rereading(file: string, first: SecretReading): Secret {
  let last = first;
  return new Secret(async () => {
    try {
      const stats = await stat(file);
      const version = versionOf(stats);
      if (version === last.version) return last.value;
      checkStats(stats);
      // The version is from before reading: a change in between is noticed the next time.
      last = { value: valueIn(await readFile(file)), version };
    } catch {
      // The last good value serves on.
    }
    return last.value;
  });
}

/** Changes whenever the file is written or replaced. The time of the inode's change cannot be set back by tools. */
const versionOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string => [mtimeMs, ctimeMs, size, ino].join(" ");

/** Reading anything but a regular file could wait forever. */
function checkStats(stats: Stats): void {
  if (stats.isDirectory()) throw new Unusable("a directory");
  if (!stats.isFile()) throw new Unusable("no regular file");
  if (stats.size > LARGEST) throw new Unusable(`${stats.size} bytes`);
}

function valueIn(content: Buffer): string {
  if (content.length > LARGEST) throw new Unusable(`${content.length} bytes`);
  const value = content.toString("utf8").replace(/(?:\r?\n)+$/, "");
  if (value === "") throw new Unusable("an empty file");
  return value;
}

class Unusable extends Error {
  override readonly name = "Unusable";
}

const CODES: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "a file that may not be read",
  EPERM: "a file that may not be read",
  EISDIR: "a directory",
};

/** Why a file cannot be used, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unusable) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
  return CODES[code] ?? `${code} on reading the file`;
}
