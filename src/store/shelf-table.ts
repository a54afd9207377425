import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { Opened, StoredValue } from "./protocol.ts";

/** Held against each value when it is read: SQLite does not notice when a disk changes a digit. */
const sumOf = (shelf: string, key: string, json: string): number => crc32(`${shelf}\0${key}\0${json}`);

/** All values of all shelves that are what was written. */
export function readValues(db: DatabaseSync): Pick<Opened, "values" | "damaged"> {
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
