/** Limits on concurrent probes. */
export interface Limits {
  readonly maxConcurrentProbes: number;
  readonly maxConcurrentProbesPerHost?: number | undefined;
}

/** A queue for a limited number of slots. */
export interface Gate {
  /** Takes a slot if one is free. Returns the function that releases it, else `undefined`. */
  tryEnter(host: string): (() => void) | undefined;
  /** Waits for a slot, first come, first served. Rejects with `signal.reason` if aborted before. */
  enter(host: string, signal: AbortSignal): Promise<() => void>;
  /** Returns the numbers of slots in use and of waiters. */
  counts(): { inside: number; waiting: number };
  /** Changes the limits. Higher ones admit waiters at once. */
  setLimits(limits: Limits): void;
}

interface Waiter {
  readonly host: string;
  readonly admit: () => void;
}

/** Creates a gate. Waiters for a host at its own limit do not block those behind them. */
export function createGate(initial: Limits): Gate {
  let limits = initial;
  let inside = 0;
  const perHost = new Map<string, number>();
  const queue = new Set<Waiter>();

  const hasSlot = (host: string): boolean =>
    inside < limits.maxConcurrentProbes &&
    (limits.maxConcurrentProbesPerHost === undefined ||
      (perHost.get(host) ?? 0) < limits.maxConcurrentProbesPerHost);

  const take = (host: string): (() => void) => {
    inside += 1;
    perHost.set(host, (perHost.get(host) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      inside -= 1;
      const left = (perHost.get(host) ?? 1) - 1;
      if (left === 0) perHost.delete(host);
      else perHost.set(host, left);
      admitWaiting();
    };
  };

  const admitWaiting = (): void => {
    for (const waiting of queue) {
      if (inside >= limits.maxConcurrentProbes) return;
      if (!hasSlot(waiting.host)) continue;
      queue.delete(waiting);
      waiting.admit();
    }
  };

  const tryEnter = (host: string): (() => void) | undefined => (hasSlot(host) ? take(host) : undefined);

  return {
    tryEnter,
    enter(host, signal) {
      const leave = tryEnter(host);
      if (leave !== undefined) return Promise.resolve(leave);
      return new Promise((resolve, reject) => {
        const giveUp = (): void => {
          queue.delete(waiting);
          reject(signal.reason);
        };
        const waiting: Waiter = {
          host,
          admit: () => {
            signal.removeEventListener("abort", giveUp);
            resolve(take(host));
          },
        };
        signal.addEventListener("abort", giveUp, { once: true });
        queue.add(waiting);
      });
    },
    counts: () => ({ inside, waiting: queue.size }),
    setLimits(next) {
      limits = next;
      admitWaiting();
    },
  };
}
