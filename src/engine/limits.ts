/** Limits on concurrent probes. */
export interface Limits {
  readonly maxConcurrentProbes: number;
  /** Without it, hosts have a fair share of the slots. */
  readonly maxConcurrentProbesPerHost?: number | undefined;
}

/** The groups in which a probe counts. */
export interface SlotUser {
  /** The host, for the limit per host. */
  readonly host: string;
  /** The host, module or plugin that can hang as a whole, for fair shares. */
  readonly share: string;
}

/** A queue for a limited number of slots. */
export interface Gate {
  /** Takes a slot if one is free for this user. Returns the function that releases it, else `undefined`. */
  tryEnter(user: SlotUser): (() => void) | undefined;
  /**
   * Waits for a slot: hosts take turns, and for one host the first come is the first served. Rejects with `signal.reason`
   * if aborted before.
   */
  enter(user: SlotUser, signal: AbortSignal): Promise<() => void>;
  /** Returns the numbers of slots in use and of waiters. */
  counts(): { inside: number; waiting: number };
  /** Changes the limits. Higher ones admit waiters at once. */
  setLimits(limits: Limits): void;
}

/** The probes of one host (or share) that run and that wait. */
interface Lane {
  readonly name: string;
  inside: number;
  readonly waiting: Set<() => void>;
}

/**
 * Creates a gate. Without a limit per host, a host can take a slot while it holds fewer than are free. This is the dynamic
 * threshold of switches with a shared buffer (Choudhury and Hahne, 1998): one host gets at most half of the slots, several
 * that want more than there are come to equal shares, and about as much as one share stays free for other hosts.
 */
export function createGate(initial: Limits): Gate {
  let limits = initial;
  let inside = 0;
  let queued = 0;
  const lanes = new Map<string, Lane>();
  /** Lanes with waiters, in the order of their turns. */
  const turns = new Set<Lane>();

  // A change between the two kinds of limits leaves the probes that run and wait in the lanes they have, until they end.
  const laneOf = ({ host, share }: SlotUser): Lane => {
    const name = limits.maxConcurrentProbesPerHost === undefined ? share : host;
    const lane = lanes.get(name) ?? { name, inside: 0, waiting: new Set() };
    lanes.set(name, lane);
    return lane;
  };

  const dropIfUnused = (lane: Lane): void => {
    if (lane.inside === 0 && lane.waiting.size === 0) lanes.delete(lane.name);
  };

  const hasSlot = (lane: Lane): boolean => {
    const free = limits.maxConcurrentProbes - inside;
    return free > 0 && lane.inside < (limits.maxConcurrentProbesPerHost ?? free);
  };

  const take = (lane: Lane): (() => void) => {
    inside += 1;
    lane.inside += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      inside -= 1;
      lane.inside -= 1;
      dropIfUnused(lane);
      admitWaiting();
    };
  };

  const dequeue = (lane: Lane, admit: () => void): void => {
    lane.waiting.delete(admit);
    queued -= 1;
    if (lane.waiting.size === 0) turns.delete(lane);
  };

  // Lanes without a slot keep their turn. They are few: each holds at least as many slots as are free.
  const admitWaiting = (): void => {
    for (const lane of turns) {
      if (inside >= limits.maxConcurrentProbes) return;
      const [admit] = hasSlot(lane) ? lane.waiting : [];
      if (admit === undefined) continue;
      turns.delete(lane);
      turns.add(lane);
      admit();
    }
  };

  const enterLane = (lane: Lane): (() => void) | undefined => (hasSlot(lane) ? take(lane) : undefined);

  return {
    tryEnter(user) {
      const lane = laneOf(user);
      const leave = enterLane(lane);
      dropIfUnused(lane);
      return leave;
    },
    enter(user, signal) {
      const lane = laneOf(user);
      const leave = enterLane(lane);
      if (leave !== undefined) return Promise.resolve(leave);
      return new Promise((resolve, reject) => {
        const giveUp = (): void => {
          dequeue(lane, admit);
          dropIfUnused(lane);
          reject(signal.reason);
        };
        const admit = (): void => {
          signal.removeEventListener("abort", giveUp);
          dequeue(lane, admit);
          resolve(take(lane));
        };
        signal.addEventListener("abort", giveUp, { once: true });
        lane.waiting.add(admit);
        turns.add(lane);
        queued += 1;
      });
    },
    counts: () => ({ inside, waiting: queued }),
    setLimits(next) {
      limits = next;
      admitWaiting();
    },
  };
}
