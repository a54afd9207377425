import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { StateStore } from "../core/memory.ts";
import type { StoreContents, StoredValue } from "./protocol.ts";

/** All namespaces, in memory, so that reading never waits for the file. */
export interface Namespaces {
  namespace(name: string): StateStore;
  /** Returns a value as JSON; `null` if there is none. */
  read(namespace: string, key: string): string | null;
  /** Adds the values of the file. */
  load(values: StoreContents["values"]): void;
  /** Calls `touch` for every key, so that all values are written again. */
  touchAll(): void;
}

/**
 * Creates empty namespaces.
 * @param touch called for each change of a value
 */
export function createNamespaces(touch: (namespace: string, key: string) => void): Namespaces {
  const namespaces = new Map<string, Map<string, unknown>>();
  const valuesOf = (name: string): Map<string, unknown> => {
    const existing = namespaces.get(name);
    if (existing !== undefined) return existing;
    const values = new Map<string, unknown>();
    namespaces.set(name, values);
    return values;
  };
  return {
    namespace(name) {
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
      const values = namespaces.get(name);
      return values?.has(key) === true ? JSON.stringify(values.get(key)) : null;
    },
    load(values) {
      for (const [name, key, json] of values) valuesOf(name).set(key, JSON.parse(json));
    },
    touchAll() {
      for (const [name, values] of namespaces) for (const key of values.keys()) touch(name, key);
    },
  };
}

/** Computes the checksum of a value: SQLite does not notice if a disk changes a byte within one. */
export const checksumOf = (namespace: string, key: string, json: string): number =>
  crc32(`${namespace}\0${key}\0${json}`);

/** Reads all values whose checksum matches, and counts the others. */
export function readValues(db: DatabaseSync): Pick<StoreContents, "values" | "damaged"> {
  const values: (readonly [string, string, string])[] = [];
  let damaged = 0;
  for (const row of db.prepare("select shelf, key, value, sum from shelves").iterate()) {
    const [namespace, key, json] = [String(row["shelf"]), String(row["key"]), String(row["value"])];
    if (checksumOf(namespace, key, json) === row["sum"]) values.push([namespace, key, json]);
    else damaged += 1;
  }
  return { values, damaged };
}

/** Prepares the writing of values, within the transaction of the caller. */
export function valueWriter(db: DatabaseSync): (values: readonly StoredValue[]) => void {
  const put = db.prepare(
    `insert into shelves (shelf, key, value, sum) values (?, ?, ?, ?)
     on conflict do update set value = excluded.value, sum = excluded.sum`,
  );
  const remove = db.prepare("delete from shelves where shelf = ? and key = ?");
  return (values) => {
    for (const [namespace, key, json] of values) {
      if (json === null) remove.run(namespace, key);
      else put.run(namespace, key, json, checksumOf(namespace, key, json));
    }
  };
}
