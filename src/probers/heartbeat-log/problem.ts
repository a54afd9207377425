import type { FailureReason } from "../../core/reasons.ts";

/** The reason why a log is not healthy or cannot be read, with a text for people. */
export interface LogProblem {
  readonly reason: FailureReason;
  readonly detail: string;
}

/** Makes a problem. */
export const problem = (reason: FailureReason, detail: string): LogProblem => ({ reason, detail });

/** Translates an error of the file system. */
export function fileProblem(path: string, error: unknown): LogProblem {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return problem("file_missing", `${path} does not exist`);
    case "EACCES":
    case "EPERM":
      return problem("forbidden_target", `${path}: permission denied for the exporter's user`);
    case "ELOOP":
      return problem(
        "forbidden_target",
        `${path}: too many symbolic links, or replaced by one while it was opened`,
      );
    default:
      return problem("file_missing", `${path} cannot be read: ${code}`);
  }
}

/** Thrown if the deadline passes before an operation is done. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** Operations that were still running at the deadline, by the signal of their probe. */
const abandoned = new WeakMap<AbortSignal, Promise<unknown>>();

/** Returns a promise for the end of the operations that the probe of `signal` abandoned; `undefined` if there are none. */
export const abandonedWork = (signal: AbortSignal): Promise<unknown> | undefined => abandoned.get(signal);

/**
 * Waits for `work` until the signal aborts, so that a file system that hangs does not delay the probe.
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
