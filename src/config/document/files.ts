import type { Stats } from "node:fs";
import { decodeText } from "../../core/decode-text.ts";
import { FileHangsError, UnreadableFileError } from "../../core/file-errors.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { readSmall } from "../../files/files.ts";
import { readNow } from "../../files/now.ts";
import { ConfigError } from "./problems.ts";

/** Largest configuration file, in bytes: 100,000 targets take about as much. A larger one would take the time of probes. */
const LARGEST_CONFIG = 16 * 2 ** 20;

/** How long the first configuration may keep the exporter waiting, if it is a pipe. */
const PATIENCE = seconds(20);

/**
 * Reads a configuration file at once.
 * @param patience how long a pipe may be silent; without it, a pipe is a problem
 * @throws ConfigError if the file cannot be read
 */
export function readConfigFile(path: string, patience?: Seconds): string {
  try {
    return decodeText(readNow(path, { most: LARGEST_CONFIG, patience }));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Reads a configuration file as bytes. Rejects with ConfigError if the file cannot be read.
 * @param isFirst the exporter has nothing else to do yet, so the file may also be a pipe, for whose writer it waits
 */
export async function readConfigBytes(path: string, isFirst: boolean): Promise<Buffer> {
  try {
    return isFirst
      ? readNow(path, { most: LARGEST_CONFIG, patience: PATIENCE })
      : await readSmall(path, LARGEST_CONFIG);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  const problem = { place: path, path: "", got: describeFileError(cause), want: "a readable YAML file" };
  return new ConfigError([problem], { cause });
}

/** Returns a text that changes whenever the file is written or replaced. Unlike `mtime`, tools cannot set `ctime` back. */
export const versionOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string =>
  [mtimeMs, ctimeMs, size, ino].join(" ");

const CODES: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "a directory",
  ENXIO: "a socket",
  ELOOP: "too many symbolic links",
  EIO: "an error of its file system (EIO)",
  ESTALE: "an error of its file server (ESTALE)",
  EMFILE: "no file descriptor left (EMFILE)",
  ENFILE: "no file descriptor left (ENFILE)",
  EEXIST: "a file where a folder is needed",
};

/** Returns why a file cannot be read or written, as the `got` of a problem. */
export function describeFileError(error: unknown): string {
  if (error instanceof UnreadableFileError) return error.got;
  if (error instanceof FileHangsError) return `no answer: ${error.text}`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return CODES[code] ?? `the error ${code}`;
}
