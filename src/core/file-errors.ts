import type { FailureReason } from "./reasons.ts";
import type { Seconds, Timestamp } from "./units.ts";

/**
 * The reasons for which a file cannot be read: it does not exist, the exporter may not read it or its file system fails,
 * or the exporter itself is short of file descriptors or memory.
 */
export const FILE_REASONS = [
  "file_missing",
  "file_unreadable",
  "internal",
] as const satisfies readonly FailureReason[];

/** The reason for which a file cannot be read. */
export interface FileError {
  readonly reason: (typeof FILE_REASONS)[number];
  /** Continues a sentence that begins with the name of the file. */
  readonly text: string;
}

/**
 * The error of a file whose file system does not answer: a file server that is gone, or a FUSE program that hangs. The file
 * was not tried, because each attempt keeps a thread of the exporter for as long as it hangs.
 */
export class FileHangsError extends Error {
  override readonly name = "FileHangsError";
  /** Continues a sentence that begins with the name of the file. */
  readonly text: string;

  constructor(file: string, text: string) {
    super(`${file}: ${text}`);
    this.text = text;
  }
}

/** An error of a file that is not read because of the file that it is. */
export class UnreadableFileError extends Error {
  override readonly name: string = "UnreadableFileError";
  /** Continues a sentence that begins with the name of the file. */
  readonly text: string;
  /** Describes the file, as the `got` of a problem. */
  readonly got: string;
  readonly code: string;

  constructor(file: string, code: string, text: string, got: string) {
    super(`${file} ${text}`);
    this.code = code;
    this.text = text;
    this.got = got;
  }
}

/** The error of a pipe, a socket or a device, which may never end. */
export class NotRegularError extends UnreadableFileError {
  override readonly name = "NotRegularError";

  constructor(file: string) {
    super(file, "EFTYPE", "is a device, a pipe or a socket", "a device, a pipe or a socket");
  }
}

/** The error of a file that is larger than its reader accepts. */
export class FileTooLargeError extends UnreadableFileError {
  override readonly name = "FileTooLargeError";

  /** @param most the largest size, in bytes */
  constructor(file: string, most: number) {
    const size = most < 2 ** 20 ? `${most / 2 ** 10} KiB` : `${most / 2 ** 20} MiB`;
    super(file, "EFBIG", `is larger than ${size}`, `more than ${size}`);
  }
}

/** The error of a pipe or terminal to which nothing is written. */
export class SilentPipeError extends UnreadableFileError {
  override readonly name = "SilentPipeError";

  constructor(file: string, patience: Seconds) {
    const silence = `${patience} s`;
    super(
      file,
      "ETIMEDOUT",
      `is a pipe and was silent for ${silence}`,
      `a pipe that was silent for ${silence}`,
    );
  }
}

/** Throws `error` if it says that a file system does not answer: nothing is known about the file then. */
export function rethrowHang(error: unknown): void {
  if (error instanceof FileHangsError) throw error;
}

/** Returns a function that catches every other error of an operation on a file, and gives `value` instead. */
export const unlessItHangs =
  <Value>(value: Value) =>
  (error: unknown): Value => {
    rethrowHang(error);
    return value;
  };

/** Returns the text of a `FileHangsError`. */
export const unansweredSince = (what: string, since: Timestamp): string =>
  `${what} has not answered since ${new Date(since * 1000).toISOString()}`;

const ERRORS: Readonly<Record<string, FileError>> = {
  ENOENT: { reason: "file_missing", text: "does not exist" },
  ENOTDIR: { reason: "file_missing", text: "does not exist" },
  EACCES: { reason: "file_unreadable", text: "permission denied for the exporter's user" },
  EPERM: { reason: "file_unreadable", text: "permission denied for the exporter's user" },
  EISDIR: { reason: "file_unreadable", text: "is a folder" },
  ELOOP: { reason: "file_unreadable", text: "too many symbolic links" },
  ESTALE: { reason: "file_unreadable", text: "the file server no longer knows the open file (ESTALE)" },
  EIO: { reason: "file_unreadable", text: "its file system failed (EIO)" },
  ENOTCONN: { reason: "file_unreadable", text: "the program of its file system has ended (ENOTCONN)" },
  ETIMEDOUT: { reason: "file_unreadable", text: "its file server does not answer (ETIMEDOUT)" },
  EMFILE: {
    reason: "internal",
    text: "the exporter has no file descriptor left (EMFILE); raise its limit of open files",
  },
  ENFILE: { reason: "internal", text: "the machine has no file descriptor left (ENFILE)" },
  ENOMEM: { reason: "internal", text: "the machine has no memory left (ENOMEM)" },
};

/** Explains an error of the file system, or one that it caused. */
export function fileError(error: unknown): FileError {
  const hanging = hangIn(error);
  if (hanging !== undefined) return { reason: "file_unreadable", text: hanging.text };
  if (error instanceof UnreadableFileError) return { reason: "file_unreadable", text: error.text };
  const code = errorCode(error) ?? "unknown error";
  return ERRORS[code] ?? { reason: "file_unreadable", text: `cannot be read: ${code}` };
}

/** Returns the code of an error of Node.js, or that of its cause. */
function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : errorCode(error.cause);
}

function hangIn(error: unknown): FileHangsError | undefined {
  if (error instanceof FileHangsError) return error;
  return error instanceof Error ? hangIn(error.cause) : undefined;
}
