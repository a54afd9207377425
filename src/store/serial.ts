/** A task that never overlaps itself. Calls made while it runs share one following run. */
export interface SerialTask {
  run(): Promise<void>;
  isRunning(): boolean;
}

/**
 * Serializes a task.
 * @param task must handle everything that was pending when it started
 */
export function serialize(task: () => Promise<void>): SerialTask {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = (): Promise<void> => {
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
