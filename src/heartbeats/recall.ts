import type { Log } from "../core/log.ts";
import type { Memory, Shelf } from "../core/memory.ts";
import { HEARTBEAT_NAME } from "../core/push.ts";
import { readStored, type Stored } from "./stored.ts";

/** What a shelf remembers of heartbeats, by name. What cannot be used is taken off it, and said. */
export function recall(shelf: Shelf, log: Log): ReadonlyMap<string, Stored> {
  const found = new Map<string, Stored>();
  for (const [name, value] of Array.from(shelf.entries())) {
    const stored = HEARTBEAT_NAME.test(name) ? readStored(value) : undefined;
    if (stored !== undefined) found.set(name, stored);
    else {
      shelf.delete(name);
      const text = "what was remembered of a heartbeat cannot be read; it starts anew";
      log.warn({ heartbeat: name.slice(0, 128) }, text);
    }
  }
  return found;
}

/**
 * Gives numbers, each once, also over restarts.
 * @param taken numbers that are in use
 */
export function createNumbers(memory: Memory, taken: Iterable<number>): () => number {
  const shelf = memory.shelf("heartbeat-ids");
  const stored = shelf.get("last");
  let last = typeof stored === "number" && Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
  for (const number of taken) last = Math.max(last, number);
  return () => {
    last += 1;
    shelf.put("last", last);
    return last;
  };
}
