import { type Seconds, seconds } from "./units.ts";

/**
 * State of one part of the exporter that survives restarts, as plain JSON values by key. Replace values, and do not change
 * them in place. A value from before a restart may come from another version: it is `unknown` until its owner has
 * validated it.
 */
export interface StateStore {
  get(key: string): unknown;
  entries(): Iterable<readonly [key: string, value: unknown]>;
  /** Sets a value. Cheap, and never fails: values are written later, in batches. */
  put(key: string, value: unknown): void;
  delete(key: string): void;
}

/** Deletes the values of all keys that are not in `keys`. */
export function retainKeys(store: StateStore, keys: { has(key: string): boolean }): void {
  for (const [key] of store.entries()) if (!keys.has(key)) store.delete(key);
}

/** The state of the whole exporter. */
export interface Memory {
  /** Returns the state of one part. The same name returns the same state. */
  namespace(name: string): StateStore;
  /** Resolves once all values set so far are durable; rejects if they cannot be written. */
  flush(): Promise<void>;
  /**
   * Resolves to true once all values set so far are durable, and to false if they are not soon, or if state lasts only until the
   * process ends. Never rejects. Calls that come while values are being written share one write.
   */
  settle(): Promise<boolean>;
  /** Downtime before this start; 0 without a previous run. */
  readonly downFor: Seconds;
}

/** Creates state that lasts until the process ends. */
export function createMemory(): Memory {
  const stores = new Map<string, StateStore>();
  return {
    namespace(name) {
      const known = stores.get(name);
      if (known !== undefined) return known;
      const values = new Map<string, unknown>();
      const store: StateStore = {
        get: (key) => values.get(key),
        entries: () => values.entries(),
        put: (key, value) => void values.set(key, value),
        delete: (key) => void values.delete(key),
      };
      stores.set(name, store);
      return store;
    },
    flush: async () => {},
    settle: async () => false,
    downFor: seconds(0),
  };
}
