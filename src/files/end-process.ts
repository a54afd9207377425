import { hangingOperations } from "./files.ts";

/** A signal that ends a process which does not handle it. */
export type EndSignal = "SIGTERM" | "SIGINT";

/**
 * Ends the process with an exit code. While a thread hangs in a file system that does not answer, `process.exit` would wait
 * for it for ever; a signal ends the process then.
 * @param isBlocked true if another thread of the process hangs
 */
export function endProcess(code: number, signal: EndSignal = "SIGTERM", isBlocked = false): void {
  if (hangingOperations() === 0 && !isBlocked) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
