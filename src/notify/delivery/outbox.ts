import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { createEnds } from "../../core/ends.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import type { RetryPolicy } from "../../core/relay.ts";
import { elapsed } from "../../core/units.ts";
import { createDeadLetters, restoreQueue } from "./dead-letters.ts";
import {
  type AttemptResult,
  afterAttempt,
  type DeadLetter,
  type OutboxItem,
  type QueuedItem,
  toDeadLetter,
} from "./retry.ts";

/** What happened to an item after an attempt. */
export type DeliveryResult = "delivered" | "retried" | "dead";

/** A delivery queue with retries and dead letters, which survives restarts. */
export interface Outbox {
  /** Queues an item, unless it is `known` (queued or a dead letter already) or the queue is `full`. */
  add(item: OutboxItem): "added" | "known" | "full";
  /** Returns the queued items, oldest first. */
  queued(): readonly QueuedItem[];
  /** Returns the dead letters, oldest first. */
  dead(): readonly DeadLetter[];
  /** Queues one dead letter or all again, as if they were new; returns their number. */
  replay(id?: string): number;
  /** Deletes one dead letter or all; returns their number. */
  discard(id?: string): number;
  /** Aborts attempts in progress. Queued items remain stored. */
  stop(): Promise<void>;
}

export interface OutboxDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Used for nothing else. */
  readonly store: StateStore;
  readonly random: () => number;
  /** Called for each attempt, so that a reload takes effect. */
  readonly policy: () => RetryPolicy;
  /** Makes one attempt. A rejection counts as a failure. */
  readonly send: (item: QueuedItem, signal: AbortSignal) => Promise<AttemptResult>;
  readonly onResult?: (result: DeliveryResult, item: QueuedItem) => void;
  readonly limits?: OutboxLimits;
}

export interface OutboxLimits {
  /** Most items in the queue. */
  readonly items: number;
  /** Most bytes of all queued bodies together. */
  readonly bytes: number;
  /** Most dead letters. */
  readonly dead: number;
  /** Most attempts in progress at the same time. */
  readonly concurrency: number;
}

const LIMITS: OutboxLimits = { items: 10_000, bytes: 32 * 2 ** 20, dead: 1_000, concurrency: 8 };

/** The items with one key, in order. Only the first is attempted. */
interface Lane {
  readonly items: QueuedItem[];
  cancel?: () => void;
}

/** Restores the queue and the dead letters of the previous run, and continues with them. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, log, store, limits = LIMITS } = deps;
  const lanes = new Map<string, Lane>();
  /** All queued items by id. */
  const queued = new Map<string, QueuedItem>();
  /** Lanes whose first item is due, waiting for a slot. */
  const ready: Lane[] = [];
  const ends = createEnds(clock);
  const letters = createDeadLetters(store, log, limits.dead);
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  let bytes = 0;
  let lastNumber = letters.lastNumber();

  const enqueue = (item: QueuedItem): void => {
    const lane = lanes.get(item.key) ?? { items: [] };
    lanes.set(item.key, lane);
    lane.items.push(item);
    queued.set(item.id, item);
    bytes += item.body.length;
    if (lane.items.length === 1) schedule(lane);
  };

  const dequeue = (item: QueuedItem): void => {
    queued.delete(item.id);
    store.delete(`queue/${item.id}`);
    bytes -= item.body.length;
  };

  const addDeadLetter = (item: DeadLetter): void => {
    letters.add(item);
    deps.onResult?.("dead", item);
    log.warn(
      { id: item.id, ...item.about, attempts: item.attempts, error: item.lastError, ...item.lastResponse },
      "a delivery failed permanently and became a dead letter; it can be replayed",
    );
  };

  /** Makes a lane ready when its first item is due. */
  const schedule = (lane: Lane): void => {
    const [first] = lane.items;
    if (first === undefined || stopping.signal.aborted) return;
    if (ends.hasPassed(first.id, first.notBefore)) {
      ready.push(lane);
      fill();
    } else lane.cancel = clock.after(elapsed(clock.now(), first.notBefore), () => schedule(lane));
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
    // Deferred, because restored items are attempted before `createOutbox` has returned.
    const attempt = await Promise.resolve()
      .then(() => deps.send(item, stopping.signal))
      .catch((error: unknown): AttemptResult => ({ kind: "failed", detail: textOf(error) }));
    // An attempt aborted by the shutdown does not count.
    if (stopping.signal.aborted && attempt.kind !== "delivered") return;
    settle(lane, item, attempt);
  };

  const settle = (lane: Lane, item: QueuedItem, attempt: AttemptResult): void => {
    const disposition = afterAttempt(item, attempt, clock.now(), deps.policy(), deps.random());
    switch (disposition.kind) {
      case "retry":
        lane.items[0] = disposition.item;
        queued.set(item.id, disposition.item);
        store.put(`queue/${item.id}`, disposition.item);
        deps.onResult?.("retried", disposition.item);
        log.debug(
          { id: item.id, attempts: disposition.item.attempts, error: disposition.item.lastError },
          "a delivery failed and will be retried",
        );
        break;
      case "delivered":
        lane.items.shift();
        dequeue(item);
        deps.onResult?.("delivered", item);
        break;
      case "dead":
        lane.items.shift();
        addDeadLetter(disposition.item);
        dequeue(item);
        failFollowers(lane, item.id);
        break;
    }
    if (lane.items.length === 0) lanes.delete(item.key);
    else schedule(lane);
  };

  /** Makes dead letters of the items that follow `id`, directly or through others. */
  const failFollowers = (lane: Lane, id: string): void => {
    const next = lane.items.findIndex(({ follows }) => follows === id);
    const [item] = next === -1 ? [] : lane.items.splice(next, 1);
    if (item === undefined) return;
    addDeadLetter(toDeadLetter(item, clock.now(), PREDECESSOR_FAILED));
    dequeue(item);
    failFollowers(lane, item.id);
  };

  for (const item of restoreQueue(store, log)) {
    lastNumber = Math.max(lastNumber, item.number);
    // The previous run ended between adding the dead letter and deleting it from the queue.
    if (letters.has(item.id)) store.delete(`queue/${item.id}`);
    else enqueue(item);
  }

  const addNew = (item: OutboxItem): void => {
    const now = clock.now();
    lastNumber += 1;
    const added: QueuedItem = { ...item, number: lastNumber, addedAt: now, attempts: 0, notBefore: now };
    if (item.follows !== undefined && letters.has(item.follows)) {
      addDeadLetter(toDeadLetter(added, now, PREDECESSOR_FAILED));
      return;
    }
    store.put(`queue/${item.id}`, added);
    enqueue(added);
  };

  return {
    add(item) {
      if (queued.has(item.id) || letters.has(item.id)) return "known";
      if (queued.size >= limits.items || bytes + item.body.length > limits.bytes) return "full";
      addNew(item);
      return "added";
    },
    queued: () => [...queued.values()].toSorted((a, b) => a.number - b.number),
    dead: () => letters.list(),
    replay(id) {
      const chosen = letters.list().filter((item) => id === undefined || item.id === id);
      for (const item of chosen) letters.delete(item.id);
      for (const { id: itemId, key, follows, body, contentType, about } of chosen) {
        addNew({ id: itemId, key, body, contentType, ...defined({ follows, about }) });
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

const PREDECESSOR_FAILED = "the event before it was not delivered";

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
