/** Runs one at a time; who comes while one runs shares the next. */
export interface SerialTask {
  run(): Promise<void>;
  isRunning(): boolean;
}

/** @param task takes in everything that is there when it begins */
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
