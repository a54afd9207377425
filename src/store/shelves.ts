import type { Shelf } from "../core/memory.ts";
import type { Opened } from "./protocol.ts";

/** All shelves, in memory: reading never waits for the file. */
export interface Shelves {
  shelf(name: string): Shelf;
  /** The value of a key as JSON, or `null` when there is none. */
  read(shelf: string, key: string): string | null;
  /** Fills in what the file holds; what is there already is newer. */
  load(values: Opened["values"]): void;
  /** Calls `touch` with every key: the file knows nothing of them. */
  touchAll(): void;
}

/** @param touch told of each key whose value changed */
export function createShelves(touch: (shelf: string, key: string) => void): Shelves {
  const shelves = new Map<string, Map<string, unknown>>();
  const valuesOf = (name: string): Map<string, unknown> => {
    const known = shelves.get(name);
    if (known !== undefined) return known;
    const values = new Map<string, unknown>();
    shelves.set(name, values);
    return values;
  };
  return {
    shelf(name) {
      const values = valuesOf(name);
      return {
        get: (key) => values.get(key),
        entries: () => values.entries(),
        put(key, value) {
          values.set(key, value);
          touch(name, key);
        },
        delete(key) {
          if (values.delete(key)) touch(name, key);
        },
      };
    },
    read(name, key) {
      const values = shelves.get(name);
      return values?.has(key) === true ? JSON.stringify(values.get(key)) : null;
    },
    load(values) {
      for (const [name, key, json] of values) {
        const known = valuesOf(name);
        if (!known.has(key)) known.set(key, JSON.parse(json));
      }
    },
    touchAll() {
      for (const [name, values] of shelves) for (const key of values.keys()) touch(name, key);
    },
  };
}
