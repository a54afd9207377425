import { type Seconds, seconds } from "./units.ts";

/**
 * Where one part of the exporter keeps what is to survive its restart, as plain JSON values by key. Values are replaced
 * and never changed in place. What comes back after a restart may have been written by another version: it is
 * `unknown` until its owner has looked at it.
 */
export interface StateStore {
  get(key: string): unknown;
  entries(): Iterable<readonly [key: string, value: unknown]>;
  /** Costs next to nothing and never fails: writing happens later, together with others. */
  put(key: string, value: unknown): void;
  delete(key: string): void;
}

/** Takes off `shelf` what is under no key that `keys` has. */
export function retainKeys(shelf: StateStore, keys: { has(key: string): boolean }): void {
  for (const [key] of shelf.entries()) if (!keys.has(key)) shelf.delete(key);
}

/** What the exporter remembers. */
export interface Memory {
  /** The shelf of a part; the same name gives the same shelf. */
  namespace(name: string): StateStore;
  /** Resolves when everything that was put so far will survive; rejects when that cannot be promised. */
  flush(): Promise<void>;
  /** How long nobody was there before this start; 0 when nothing is remembered. */
  readonly downFor: Seconds;
}

/** Remembers until the process ends. */
export function createMemory(): Memory {
  const shelves = new Map<string, StateStore>();
  return {
    namespace(name) {
      const known = shelves.get(name);
      if (known !== undefined) return known;
      const values = new Map<string, unknown>();
      const shelf: StateStore = {
        get: (key) => values.get(key),
        entries: () => values.entries(),
        put: (key, value) => void values.set(key, value),
        delete: (key) => void values.delete(key),
      };
      shelves.set(name, shelf);
      return shelf;
    },
    flush: async () => {},
    downFor: seconds(0),
  };
}
