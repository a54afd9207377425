import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "./failure.ts";
import { VIEWS } from "./views.ts";

/** Marks the file as one of this exporter: "hbex" in ASCII. https://sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x68_62_65_78;

/**
 * The migrations from an empty file to the current schema. A released migration never changes; a new schema is a new one.
 *
 * Times are milliseconds since the epoch, durations microseconds, dollars billionths: integers, which SQLite stores in as
 * few bytes as they need. Names have tables of their own, because there are many results. A value's namespace is in the
 * column `shelf`, its name before namespaces were called so.
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
  // Tokens per second are stored in thousandths. `hours` and `days` have the totals of whole hours and days before `rolled`, in
  // hours and days since the epoch; `reason` 0 is success. Their phases, first tokens and speeds are means.
  `alter table results add column speed integer;
   alter table results add column resolve integer;
   alter table results add column connect integer;
   alter table results add column tls integer;
   alter table results add column processing integer;
   alter table results add column transfer integer;
   create table hours (
     target integer not null, hour integer not null, reason integer not null,
     probes integer not null, duration integer not null, longest integer not null,
     first_token integer, speed integer,
     resolve integer, connect integer, tls integer, processing integer, transfer integer,
     primary key (target, hour, reason)
   ) without rowid, strict;
   create table days (
     target integer not null, day integer not null, probes integer not null, successes integer not null,
     primary key (target, day)
   ) without rowid, strict;
   create table rolled (one integer primary key check (one = 1), hour integer not null) strict;
   create index events_subject on events (iif(json_valid(facts), facts ->> 'subject', null));`,
  VIEWS,
];

const pragmaValue = (db: DatabaseSync, pragma: string): number =>
  Number(Object.values(db.prepare(`pragma ${pragma}`).get() ?? {})[0] ?? 0);

/**
 * Checks that the file was written by this exporter, in this version or an older one.
 * @returns the version of its schema; 0 for an empty file
 * @throws StoreError for a file of another program or a newer version; neither is changed
 */
export function checkVersion(db: DatabaseSync): number {
  const version = pragmaValue(db, "user_version");
  const id = pragmaValue(db, "application_id");
  if (id !== APPLICATION_ID && (id !== 0 || version !== 0 || pragmaValue(db, "schema_version") !== 0)) {
    const message = `got a database of another program (application_id ${id}), want one of heartbeat-exporter`;
    throw new StoreError({ failure: "io", message, lasting: true });
  }
  if (version > STEPS.length) {
    const message = `got a file of version ${version}, want ${STEPS.length} or older: it was written by a newer heartbeat-exporter`;
    throw new StoreError({ failure: "io", message, lasting: true });
  }
  return version;
}

/** Migrates the file to the current schema, completely or not at all. There is no way back; see `checkVersion`. */
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
