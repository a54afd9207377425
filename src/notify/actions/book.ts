import type { Log } from "../../core/log.ts";
import type { Shelf } from "../../core/memory.ts";
import { type Attempts, readAttempts } from "./attempts.ts";

/** What is remembered of each action about each target. */
export interface Book {
  get(action: string, target: string): Attempts | undefined;
  put(action: string, target: string, state: Attempts): void;
  delete(action: string, target: string): void;
  list(): readonly Entry[];
  /** How many targets of an action are remembered. */
  count(action: string): number;
}

export interface Entry {
  readonly action: string;
  readonly target: string;
  readonly state: Attempts;
}

/** @param shelf its own, and nobody else's */
export function createBook(shelf: Shelf, log: Log): Book {
  const entries = new Map<string, Entry>();
  const keyOf = (action: string, target: string): string => JSON.stringify([action, target]);
  for (const [key, value] of shelf.entries()) {
    const [action, target] = names(key);
    const state = readAttempts(value);
    if (action !== undefined && target !== undefined && state !== undefined) {
      entries.set(key, { action, target, state });
    } else {
      shelf.delete(key);
      log.error({ key }, "remembered attempts cannot be read and are forgotten");
    }
  }
  return {
    get: (action, target) => entries.get(keyOf(action, target))?.state,
    put(action, target, state) {
      const key = keyOf(action, target);
      entries.set(key, { action, target, state });
      shelf.put(key, state);
    },
    delete(action, target) {
      const key = keyOf(action, target);
      entries.delete(key);
      shelf.delete(key);
    },
    list: () => [...entries.values()],
    count: (action) => [...entries.values()].filter((entry) => entry.action === action).length,
  };
}

function names(key: string): readonly (string | undefined)[] {
  try {
    const value: unknown = JSON.parse(key);
    return Array.isArray(value) ? value.map((name) => (typeof name === "string" ? name : undefined)) : [];
  } catch {
    return [];
  }
}
