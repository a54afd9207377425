import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "./failure.ts";

/** Marks the file as one of this exporter: "hbex" in ASCII. https://sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x68_62_65_78;

/**
 * The steps from an empty file to the form of today. A step that was released never changes; a new form is a new step.
 *
 * Times are milliseconds since the epoch, lengths microseconds, dollars billionths: integers, which SQLite keeps in as
 * few bytes as they need. Names stand in tables of their own, as results are many.
 */
const STEPS: readonly string[] = [
  `create table shelves (
     shelf text not null, key text not null, value text not null, sum integer not null,
     primary key (shelf, key)
   ) without rowid, strict;
   create table alive (one integer primary key check (one = 1), at integer not null) strict;
   create table targets (id integer primary key, target text not null, module text not null, unique (target, module)) strict;
   create table reasons (id integer primary key, reason text not null unique) strict;
   create table results (
     target integer not null, started integer not null, duration integer not null,
     reason integer, first_token integer, tokens integer, dollars integer,
     primary key (target, started)
   ) without rowid, strict;
   create table events (id integer primary key, at integer not null, facts text not null) strict;
   create index events_at on events (at);`,
];

const number = (db: DatabaseSync, pragma: string): number =>
  Number(Object.values(db.prepare(`pragma ${pragma}`).get() ?? {})[0] ?? 0);

/**
 * Whether the file is one of ours, of a form that is known here.
 * @returns its version; 0 for an empty file
 * @throws StoreError for a file of another program, or of a newer version, which are left as they are
 */
export function checkVersion(db: DatabaseSync): number {
  const version = number(db, "user_version");
  const id = number(db, "application_id");
  if (id !== APPLICATION_ID && (id !== 0 || version !== 0 || number(db, "schema_version") !== 0)) {
    const message = `got a database of another program (application_id ${id}), want one of heartbeat-exporter`;
    throw new StoreError({ failure: "io", message, lasting: true });
  }
  if (version > STEPS.length) {
    const message = `got a file of version ${version}, want ${STEPS.length} or older: a newer heartbeat-exporter has written it`;
    throw new StoreError({ failure: "io", message, lasting: true });
  }
  return version;
}

/** Brings the file to the form of today, all steps or none. Never back: see `checkVersion`. */
export function migrate(db: DatabaseSync): void {
  const version = checkVersion(db);
  if (version === STEPS.length) return;
  db.exec("begin immediate");
  try {
    for (const step of STEPS.slice(version)) db.exec(step);
    db.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${STEPS.length}; commit`);
  } catch (error) {
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
}
