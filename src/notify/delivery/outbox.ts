import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import type { RetryPolicy } from "../../core/relay.ts";
import { elapsed, seconds } from "../../core/units.ts";
import { createDeadLetters, recallQueue } from "./dead-letters.ts";
import {
  type Attempt,
  afterAttempt,
  type DeadLetter,
  died,
  type OutboxItem,
  type QueuedItem,
} from "./retry.ts";

/** What an outbox tells of itself, as it happens. */
export type DeliveryResult = "delivered" | "retried" | "dead";

/** What has to leave, kept until it has: a queue that survives restarts. */
export interface Outbox {
  /**
   * Takes an item. One that is known, waiting or given up, is not taken twice; `full` says that nothing more can be
   * kept, and that the item was not.
   */
  add(item: OutboxItem): "added" | "known" | "full";
  /** What waits, the oldest first. */
  queued(): readonly QueuedItem[];
  /** What was given up, the oldest first. */
  dead(): readonly DeadLetter[];
  /** Sends again what was given up, all of it or one, with all of its time before it; tells how many these are. */
  replay(id?: string): number;
  /** Forgets what was given up, all of it or one; tells how many these are. */
  discard(id?: string): number;
  /** Ends attempts in flight; what waits stays remembered. */
  stop(): Promise<void>;
}

export interface OutboxDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Its own, and nobody else's. */
  readonly shelf: StateStore;
  readonly random: () => number;
  /** Read anew for each attempt, so that a reload is followed. */
  readonly policy: () => RetryPolicy;
  /** Tries once. What it rejects with counts as a failure. */
  readonly send: (item: QueuedItem, signal: AbortSignal) => Promise<Attempt>;
  readonly onResult?: (result: DeliveryResult, item: QueuedItem) => void;
  readonly limits?: OutboxLimits;
}

export interface OutboxLimits {
  readonly items: number;
  /** Of all bodies together. */
  readonly bytes: number;
  readonly dead: number;
  /** Attempts at once. */
  readonly concurrency: number;
}

const LIMITS: OutboxLimits = { items: 10_000, bytes: 32 * 2 ** 20, dead: 1_000, concurrency: 8 };

/** One key's items, in their order: only the first is tried. */
interface Lane {
  readonly items: QueuedItem[];
  cancel?: () => void;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, log, shelf, limits = LIMITS } = deps;
  const lanes = new Map<string, Lane>();
  const known = new Map<string, QueuedItem>();
  /** First items whose time has come, waiting for a place. */
  const ready: Lane[] = [];
  const letters = createDeadLetters(shelf, log, limits.dead);
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  let bytes = 0;
  let lastNumber = letters.lastNumber();

  const enqueue = (item: QueuedItem): void => {
    const lane = lanes.get(item.key) ?? { items: [] };
    lanes.set(item.key, lane);
    lane.items.push(item);
    known.set(item.id, item);
    bytes += item.body.length;
    if (lane.items.length === 1) expect(lane);
  };

  const forget = (item: QueuedItem): void => {
    known.delete(item.id);
    shelf.delete(`queue/${item.id}`);
    bytes -= item.body.length;
  };

  const bury = (item: DeadLetter): void => {
    letters.add(item);
    deps.onResult?.("dead", item);
    log.warn(
      { id: item.id, attempts: item.attempts, error: item.lastError },
      "a delivery was given up; it can be replayed",
    );
  };

  /** Waits for the time of a lane's first item. */
  const expect = (lane: Lane): void => {
    const [first] = lane.items;
    if (first === undefined || stopping.signal.aborted) return;
    const wait = Math.max(0, elapsed(clock.now(), first.notBefore));
    if (wait === 0) {
      ready.push(lane);
      fill();
    } else lane.cancel = clock.after(seconds(wait), () => expect(lane));
  };

  const fill = (): void => {
    while (inFlight.size < limits.concurrency && !stopping.signal.aborted) {
      const lane = ready.shift();
      const item = lane?.items[0];
      if (lane === undefined || item === undefined) return;
      const attempt = attemptOnce(lane, item).finally(() => {
        inFlight.delete(attempt);
        fill();
      });
      inFlight.add(attempt);
    }
  };

  const attemptOnce = async (lane: Lane, item: QueuedItem): Promise<void> => {
    // Never at once: what was remembered is taken up before who created this has it in hand.
    const attempt = await Promise.resolve()
      .then(() => deps.send(item, stopping.signal))
      .catch((error: unknown): Attempt => ({ kind: "failed", detail: textOf(error) }));
    // What the end of the exporter broke off was no attempt.
    if (stopping.signal.aborted && attempt.kind !== "delivered") return;
    settle(lane, item, attempt);
  };

  const settle = (lane: Lane, item: QueuedItem, attempt: Attempt): void => {
    const fate = afterAttempt(item, attempt, clock.now(), deps.policy(), deps.random());
    switch (fate.kind) {
      case "retry":
        lane.items[0] = fate.item;
        known.set(item.id, fate.item);
        shelf.put(`queue/${item.id}`, fate.item);
        deps.onResult?.("retried", fate.item);
        log.debug({ id: item.id, attempts: fate.item.attempts, error: fate.item.lastError }, "will retry");
        break;
      case "delivered":
        lane.items.shift();
        forget(item);
        deps.onResult?.("delivered", item);
        break;
      case "dead":
        lane.items.shift();
        bury(fate.item);
        forget(item);
        dropFollowers(lane, item.id);
        break;
    }
    if (lane.items.length === 0) lanes.delete(item.key);
    else expect(lane);
  };

  /** What may only come after something that never came does not come either. */
  const dropFollowers = (lane: Lane, id: string): void => {
    const next = lane.items.findIndex(({ follows }) => follows === id);
    const [item] = next === -1 ? [] : lane.items.splice(next, 1);
    if (item === undefined) return;
    bury(died(item, clock.now(), BEREFT));
    forget(item);
    dropFollowers(lane, item.id);
  };

  for (const item of recallQueue(shelf, log)) {
    lastNumber = Math.max(lastNumber, item.number);
    // It was given up in the moment in which the last run ended.
    if (letters.has(item.id)) shelf.delete(`queue/${item.id}`);
    else enqueue(item);
  }

  const queue = (item: OutboxItem): void => {
    const now = clock.now();
    lastNumber += 1;
    const queued: QueuedItem = { ...item, number: lastNumber, addedAt: now, attempts: 0, notBefore: now };
    if (item.follows !== undefined && letters.has(item.follows)) {
      bury(died(queued, now, BEREFT));
      return;
    }
    shelf.put(`queue/${item.id}`, queued);
    enqueue(queued);
  };

  return {
    add(item) {
      if (known.has(item.id) || letters.has(item.id)) return "known";
      if (known.size >= limits.items || bytes + item.body.length > limits.bytes) return "full";
      queue(item);
      return "added";
    },
    queued: () => [...known.values()].toSorted((a, b) => a.number - b.number),
    dead: () => letters.list(),
    replay(id) {
      const chosen = letters.list().filter((item) => id === undefined || item.id === id);
      for (const item of chosen) letters.delete(item.id);
      for (const { id: itemId, key, follows, body, contentType } of chosen) {
        queue({ id: itemId, key, body, contentType, ...defined({ follows }) });
      }
      return chosen.length;
    },
    discard(id) {
      const chosen = letters.list().filter((item) => id === undefined || item.id === id);
      for (const item of chosen) letters.delete(item.id);
      return chosen.length;
    },
    async stop() {
      stopping.abort();
      for (const lane of lanes.values()) lane.cancel?.();
      await Promise.all(inFlight);
    },
  };
}

const BEREFT = "what it follows was not delivered";

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
