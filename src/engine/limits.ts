/** Bounds on how many probes run at once. */
export interface Limits {
  readonly maxConcurrentProbes: number;
  readonly maxConcurrentProbesPerHost?: number | undefined;
}

export interface Gate {
  /** A place, at once. Returns the function that gives it back, or `undefined` if none is free. */
  tryEnter(host: string): (() => void) | undefined;
  /** Waits for a place in the order of asking; rejects with `signal.reason` when aborted before. */
  enter(host: string, signal: AbortSignal): Promise<() => void>;
  /** Probes inside, and waiting. */
  counts(): { inside: number; waiting: number };
  setLimits(limits: Limits): void;
}

interface Waiter {
  readonly host: string;
  readonly admit: () => void;
}

/** A queue in front of the probes. A host at its own limit does not hold up those behind it. */
export function createGate(initial: Limits): Gate {
  let limits = initial;
  let inside = 0;
  const perHost = new Map<string, number>();
  const queue = new Set<Waiter>();

  const hasPlace = (host: string): boolean =>
    inside < limits.maxConcurrentProbes &&
    (limits.maxConcurrentProbesPerHost === undefined ||
      (perHost.get(host) ?? 0) < limits.maxConcurrentProbesPerHost);

  const take = (host: string): (() => void) => {
    inside += 1;
    perHost.set(host, (perHost.get(host) ?? 0) + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
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
      if (!hasPlace(waiting.host)) continue;
      queue.delete(waiting);
      waiting.admit();
    }
  };

  const tryEnter = (host: string): (() => void) | undefined => (hasPlace(host) ? take(host) : undefined);

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
