/** A report with the mark of one that nothing confirms now. */
interface Report {
  readonly stale: boolean;
}

/** The settings of a follower. */
export interface FollowerOptions<R extends Report> {
  /** The report until the first one arrives. */
  readonly initial: R;
  readonly isSame: (a: R, b: R) => boolean;
  /** Ends all iterations. */
  readonly signal: AbortSignal;
  /** Time without a sign of life after which the report is stale, in milliseconds. */
  readonly staleAfterMs: number;
  readonly onChange: (report: R) => void;
  readonly onError: (error: unknown) => void;
}

/** The newest report, and those who wait for the next one. */
export interface Follower<R extends Report> {
  readonly current: () => R;
  /** Replaces the report, and announces it if it differs from the one announced last. */
  readonly update: (next: R) => void;
  /** Notes a sign of life. */
  readonly postponeStale: () => void;
  /** Ends the timer and all iterations, after `signal` has aborted. */
  readonly end: () => void;
  /** Yields the current report and then each change. A slow consumer skips outdated reports. */
  readonly iterate: () => AsyncGenerator<R, void, undefined>;
}

/** Creates a follower, which marks its report as stale when no sign of life arrives in time. */
export function createFollower<R extends Report>(options: FollowerOptions<R>): Follower<R> {
  const { isSame, signal, staleAfterMs, onChange, onError } = options;
  let report = options.initial;
  /** The last report passed to `onChange`. */
  let announced: R | undefined;
  /** Wakes the iterations that wait for a change. */
  const wakeups = new Set<() => void>();

  const update = (next: R): void => {
    if (signal.aborted) return;
    report = next;
    if (announced !== undefined && isSame(announced, next)) return;
    announced = next;
    for (const wake of wakeups) wake();
    try {
      onChange(next);
    } catch (error) {
      onError(error);
    }
  };
  const expire = (): void => update({ ...report, stale: true });
  let staleTimer = setTimeout(expire, staleAfterMs);

  return {
    current: () => report,
    update,
    postponeStale() {
      clearTimeout(staleTimer);
      staleTimer = setTimeout(expire, staleAfterMs);
    },
    end() {
      clearTimeout(staleTimer);
      for (const wake of wakeups) wake();
    },
    async *iterate() {
      let yielded: R | undefined;
      while (!signal.aborted) {
        if (announced !== undefined && announced !== yielded) {
          yielded = announced;
          yield announced;
        } else {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              wakeups.delete(wake);
              signal.removeEventListener("abort", wake);
              resolve();
            };
            wakeups.add(wake);
            signal.addEventListener("abort", wake);
          });
        }
      }
    },
  };
}

/** Waits, or returns early and without an error if `signal` aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
