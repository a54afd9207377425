import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import { type DeadLetter, type QueuedItem, readDead, readQueued } from "./retry.ts";

const QUEUE = "queue/";
const DEAD = "dead/";

/** What was given up, kept to be seen and sent again: the newest so many. */
export interface DeadLetters {
  has(id: string): boolean;
  add(item: DeadLetter): void;
  delete(id: string): void;
  /** In the order in which they were added to the queue. */
  list(): readonly DeadLetter[];
  /** The highest number among those that were remembered. */
  lastNumber(): number;
}

/** @param most how many are kept; beyond, the oldest is lost, which the log says */
export function createDeadLetters(shelf: StateStore, log: Log, most: number): DeadLetters {
  const letters = new Map<string, DeadLetter>(
    recall(shelf, log, DEAD, readDead).map((item) => [item.id, item] as const),
  );
  const remove = (id: string): void => {
    letters.delete(id);
    shelf.delete(DEAD + id);
  };
  return {
    has: (id) => letters.has(id),
    add(item) {
      letters.set(item.id, item);
      shelf.put(DEAD + item.id, item);
      const [oldest] = letters.values();
      if (letters.size <= most || oldest === undefined) return;
      remove(oldest.id);
      log.error({ id: oldest.id, most }, "too many dead letters: the oldest is lost");
    },
    delete: remove,
    list: () => [...letters.values()].toSorted((a, b) => a.number - b.number),
    lastNumber: () => Math.max(0, ...Array.from(letters.values(), ({ number }) => number)),
  };
}

/** What was waiting at the end of the last run, in its order. */
export const recallQueue = (shelf: StateStore, log: Log): readonly QueuedItem[] =>
  recall(shelf, log, QUEUE, readQueued);

function recall<T extends QueuedItem>(
  shelf: StateStore,
  log: Log,
  prefix: string,
  read: (value: unknown) => T | undefined,
): readonly T[] {
  const items: T[] = [];
  for (const [key, value] of shelf.entries()) {
    if (!key.startsWith(prefix)) continue;
    const item = read(value);
    if (item !== undefined && key === prefix + item.id) items.push(item);
    else {
      shelf.delete(key);
      log.error({ key }, "a remembered delivery cannot be read and is forgotten");
    }
  }
  return items.toSorted((a, b) => a.number - b.number);
}
