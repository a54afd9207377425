import { fileError } from "../../core/file-errors.ts";
import type { HeartbeatLogReason } from "./reasons.ts";

/** The reason why a log is not healthy or cannot be read, with a text for people. */
export interface LogProblem {
  readonly reason: HeartbeatLogReason;
  readonly detail: string;
}

/** Makes a problem. */
export const problem = (reason: HeartbeatLogReason, detail: string): LogProblem => ({ reason, detail });

/** Translates an error of the file system. */
export function fileProblem(path: string, error: unknown): LogProblem {
  // Opening a file refuses a link that took its place after the check.
  if (error instanceof Error && "code" in error && error.code === "ELOOP")
    return problem(
      "forbidden_target",
      `${path}: too many symbolic links, or replaced by one while it was opened`,
    );
  const { reason, text } = fileError(error);
  return problem(reason, reason === "file_missing" ? `${path} ${text}` : `${path}: ${text}`);
}

/** Thrown if the deadline passes before an operation is done. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/**
 * Waits for `work` until the signal aborts, so that a file system that hangs does not delay the probe.
 * @throws DeadlineError
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new DeadlineError());
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
