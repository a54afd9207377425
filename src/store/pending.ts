import type { PastEvent, PastResult } from "../core/history.ts";
import type { Batch, StoredValue } from "./protocol.ts";

/** What is still to be written. */
export interface Pending {
  /** The value of `key` changed; what it is, is read when it is written. */
  touch(shelf: string, key: string): void;
  addResult(result: PastResult): void;
  addEvent(event: PastEvent): void;
  isEmpty(): boolean;
  /** Takes everything out. */
  take(): Omit<Batch, "alive">;
  /** Puts back what could not be written; what came since is newer. */
  giveBack(batch: Omit<Batch, "alive">): void;
  /** How many results and events were given up, because nothing can be written for too long. */
  dropped(): number;
}

/** Results and events that wait at the most: half a day of 100 targets per minute; the oldest are given up. */
const LONGEST = 50_000;

/** @param read the value of a key as JSON, or `null` when there is none any more */
export function createPending(read: (shelf: string, key: string) => string | null): Pending {
  const touched = new Map<string, Set<string>>();
  let results: PastResult[] = [];
  let events: PastEvent[] = [];
  let dropped = 0;

  const touch = (shelf: string, key: string): void => {
    const keys = touched.get(shelf);
    if (keys === undefined) touched.set(shelf, new Set([key]));
    else keys.add(key);
  };
  /** Shortened only when it is a tenth too long, as that costs a copy. */
  const bounded = <T>(list: T[]): T[] => {
    if (list.length <= LONGEST * 1.1) return list;
    dropped += list.length - LONGEST;
    return list.slice(-LONGEST);
  };

  return {
    touch,
    addResult(result) {
      results.push(result);
      results = bounded(results);
    },
    addEvent(event) {
      events.push(event);
      events = bounded(events);
    },
    isEmpty: () => touched.size + results.length + events.length === 0,
    take() {
      const values: StoredValue[] = [];
      for (const [shelf, keys] of touched)
        for (const key of keys) values.push([shelf, key, read(shelf, key)]);
      const batch = { values, results, events };
      touched.clear();
      results = [];
      events = [];
      return batch;
    },
    giveBack(batch) {
      for (const [shelf, key] of batch.values) touch(shelf, key);
      results = bounded([...batch.results, ...results]);
      events = bounded([...batch.events, ...events]);
    },
    dropped: () => dropped,
  };
}
