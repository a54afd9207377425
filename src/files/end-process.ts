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

/**
 * Ends the process once its output is written, whatever would keep it running: idle connections, or a timer of a plugin.
 * @returns resolves when the process ends
 */
export async function endAfterOutput(code: number): Promise<void> {
  process.exitCode = code;
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
    ),
  );
  endProcess(code);
}
