import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { StateStore } from "../core/memory.ts";
import type { StoreContents, StoredValue } from "./protocol.ts";

/** All shelves, in memory: reading never waits for the file. */
export interface Shelves {
  shelf(name: string): StateStore;
  /** The value of a key as JSON, or `null` when there is none. */
  read(shelf: string, key: string): string | null;
  /** Fills in what the file holds; what is there already is newer. */
  load(values: StoreContents["values"]): void;
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

/** Held against each value when it is read: SQLite does not notice when a disk changes a digit. */
const sumOf = (shelf: string, key: string, json: string): number => crc32(`${shelf}\0${key}\0${json}`);

/** All values of all shelves that are what was written. */
export function readValues(db: DatabaseSync): Pick<StoreContents, "values" | "damaged"> {
  const values: (readonly [string, string, string])[] = [];
  let damaged = 0;
  for (const row of db.prepare("select shelf, key, value, sum from shelves").iterate()) {
    const [shelf, key, json] = [String(row["shelf"]), String(row["key"]), String(row["value"])];
    if (sumOf(shelf, key, json) === row["sum"]) values.push([shelf, key, json]);
    else damaged += 1;
  }
  return { values, damaged };
}

/** Writes values within the transaction of the caller. */
export function valueWriter(db: DatabaseSync): (values: readonly StoredValue[]) => void {
  const put = db.prepare(
    `insert into shelves (shelf, key, value, sum) values (?, ?, ?, ?)
     on conflict do update set value = excluded.value, sum = excluded.sum`,
  );
  const remove = db.prepare("delete from shelves where shelf = ? and key = ?");
  return (values) => {
    for (const [shelf, key, json] of values) {
      if (json === null) remove.run(shelf, key);
      else put.run(shelf, key, json, sumOf(shelf, key, json));
    }
  };
}
