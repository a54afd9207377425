import type { PastEvent, PastResult } from "../core/history.ts";
import type { Batch, StoredValue } from "./protocol.ts";

/** Changes to be written in one batch. */
type Changes = Pick<Batch, "values" | "results" | "events">;

/** The changes that have not been written yet. */
export interface Pending {
  /** Marks a value as changed. It is read when it is written. */
  touch(namespace: string, key: string): void;
  addResult(result: PastResult): void;
  addEvent(event: PastEvent): void;
  isEmpty(): boolean;
  /** Removes and returns all changes. */
  take(): Changes;
  /** Puts back a batch that could not be written, before the changes made since. */
  giveBack(batch: Changes): void;
  /** Returns the number of results and events dropped because they could not be written for too long. */
  dropped(): number;
}

/** Most results, and most events, that wait: half a day of 100 targets per minute. Beyond it the oldest are dropped. */
const MAX_WAITING = 50_000;

/**
 * Creates an empty set of changes.
 * @param read returns the value of a key as JSON; `null` if it was deleted
 */
export function createPending(read: (namespace: string, key: string) => string | null): Pending {
  const touched = new Map<string, Set<string>>();
  let results: PastResult[] = [];
  let events: PastEvent[] = [];
  let dropped = 0;

  const touch = (namespace: string, key: string): void => {
    const keys = touched.get(namespace);
    if (keys === undefined) touched.set(namespace, new Set([key]));
    else keys.add(key);
  };
  /** Truncates only at 10 % over the limit, because each time copies the list. */
  const limited = <T>(list: T[]): T[] => {
    if (list.length <= MAX_WAITING * 1.1) return list;
    dropped += list.length - MAX_WAITING;
    return list.slice(-MAX_WAITING);
  };

  return {
    touch,
    addResult(result) {
      results.push(result);
      results = limited(results);
    },
    addEvent(event) {
      events.push(event);
      events = limited(events);
    },
    isEmpty: () => touched.size + results.length + events.length === 0,
    take() {
      const values: StoredValue[] = [];
      for (const [namespace, keys] of touched)
        for (const key of keys) values.push([namespace, key, read(namespace, key)]);
      const batch = { values, results, events };
      touched.clear();
      results = [];
      events = [];
      return batch;
    },
    giveBack(batch) {
      for (const [namespace, key] of batch.values) touch(namespace, key);
      results = limited([...batch.results, ...results]);
      events = limited([...batch.events, ...events]);
    },
    dropped: () => dropped,
  };
}
