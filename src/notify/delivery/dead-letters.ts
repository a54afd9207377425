import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import { type DeadLetter, type QueuedItem, readDeadLetter, readQueuedItem } from "./retry.ts";

const QUEUE = "queue/";
const DEAD = "dead/";

/** Items that could not be delivered, kept for inspection and replay. */
export interface DeadLetters {
  has(id: string): boolean;
  add(item: DeadLetter): void;
  delete(id: string): void;
  /** Returns all dead letters in the order in which they were queued. */
  list(): readonly DeadLetter[];
  /** Returns the highest number of any dead letter; 0 without one. */
  lastNumber(): number;
}

/**
 * Restores the dead letters of the previous run.
 * @param max number of dead letters kept; beyond it the oldest is dropped and logged
 */
export function createDeadLetters(store: StateStore, log: Log, max: number): DeadLetters {
  const letters = new Map<string, DeadLetter>(
    restore(store, log, DEAD, readDeadLetter).map((item) => [item.id, item] as const),
  );
  const remove = (id: string): void => {
    letters.delete(id);
    store.delete(DEAD + id);
  };
  return {
    has: (id) => letters.has(id),
    add(item) {
      letters.set(item.id, item);
      store.put(DEAD + item.id, item);
      const [oldest] = letters.values();
      if (letters.size <= max || oldest === undefined) return;
      remove(oldest.id);
      log.error({ id: oldest.id, max }, "too many dead letters; the oldest was dropped");
    },
    delete: remove,
    list: () => [...letters.values()].toSorted((a, b) => a.number - b.number),
    lastNumber: () => Math.max(0, ...Array.from(letters.values(), ({ number }) => number)),
  };
}

/** Restores the queue of the previous run, in its order. */
export const restoreQueue = (store: StateStore, log: Log): readonly QueuedItem[] =>
  restore(store, log, QUEUE, readQueuedItem);

function restore<T extends QueuedItem>(
  store: StateStore,
  log: Log,
  prefix: string,
  read: (value: unknown) => T | undefined,
): readonly T[] {
  const items: T[] = [];
  for (const [key, value] of store.entries()) {
    if (!key.startsWith(prefix)) continue;
    const item = read(value);
    if (item !== undefined && key === prefix + item.id) items.push(item);
    else {
      store.delete(key);
      log.error({ key }, "a stored delivery cannot be read and was deleted");
    }
  }
  return items.toSorted((a, b) => a.number - b.number);
}
