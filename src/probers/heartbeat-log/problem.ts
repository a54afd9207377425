import type { HeartbeatLogReason } from "./reasons.ts";

/** Why a log cannot be read, as a value: a reason, and what to tell people. */
export interface LogProblem {
  readonly reason: HeartbeatLogReason;
  readonly detail: string;
}

export const problem = (reason: HeartbeatLogReason, detail: string): LogProblem => ({ reason, detail });

/** What an error of the file system means for `path`. */
export function fileProblem(path: string, error: unknown): LogProblem {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return problem("file_missing", `${path} does not exist`);
    case "EACCES":
    case "EPERM":
      return problem("forbidden_target", `${path}: permission denied; the exporter's user may not read it`);
    case "ELOOP":
      return problem("forbidden_target", `${path}: too many symbolic links, or one that was just put there`);
    default:
      return problem("file_missing", `${path} cannot be read: ${code}`);
  }
}

/** Thrown when the deadline comes first. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** What probes left behind at their deadline. */
const abandoned = new WeakMap<AbortSignal, Promise<unknown>>();

/** Resolves when nothing runs any more that the probe of `signal` left behind; `undefined` when it left nothing. */
export const leftBehind = (signal: AbortSignal): Promise<unknown> | undefined => abandoned.get(signal);

/**
 * What `work` gives, unless the signal comes first: a file system that hangs must not hold up the probe.
 * @throws DeadlineError
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      abandoned.set(signal, Promise.allSettled([work, abandoned.get(signal)]));
      reject(new DeadlineError());
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}
