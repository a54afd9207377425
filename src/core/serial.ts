/** A task that never overlaps itself. Calls made while it runs share one following run. */
export interface SerialTask<T> {
  /** Settles as the run does that started after the call. */
  readonly run: () => Promise<T>;
  isRunning(): boolean;
}

/**
 * Serializes a task.
 * @param task must handle everything that was pending when it started
 */
export function serialize<T>(task: () => Promise<T>): SerialTask<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const run = (): Promise<T> => {
    if (running === undefined) {
      running = task().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };
  return { run, isRunning: () => running !== undefined };
}
