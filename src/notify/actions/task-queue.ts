/** A task. It may return a follow-up, which runs without occupying a slot. Neither may reject. */
export type Task = () => Promise<(() => Promise<void>) | undefined>;

/** Runs tasks in the order in which they were added, a limited number at the same time. */
export interface TaskQueue {
  add(task: Task): void;
  /** Starts no further tasks; resolves when those in progress and their follow-ups are done. */
  stop(): Promise<void>;
}

/**
 * Creates an empty queue.
 * @param concurrency most tasks in progress at the same time
 */
export function createTaskQueue(concurrency: number): TaskQueue {
  const waiting: Task[] = [];
  const running = new Set<Promise<void>>();
  const followUps = new Set<Promise<void>>();
  let stopped = false;

  const run = async (task: Task): Promise<void> => {
    const followUp = await task();
    if (followUp !== undefined) track(followUps, followUp());
  };

  const fill = (): void => {
    while (running.size < concurrency) {
      const task = stopped ? undefined : waiting.shift();
      if (task === undefined) return;
      track(running, run(task), fill);
    }
  };

  return {
    add(task) {
      waiting.push(task);
      fill();
    },
    async stop() {
      stopped = true;
      await Promise.all(running);
      await Promise.all(followUps);
    },
  };
}

/** Keeps `promise` in `pending` until it settles, then calls `done`. */
function track(pending: Set<Promise<void>>, promise: Promise<void>, done = (): void => {}): void {
  pending.add(promise);
  void promise.finally(() => {
    pending.delete(promise);
    done();
  });
}
