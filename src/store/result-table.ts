import type { DatabaseSync } from "node:sqlite";
import type { EventFacts, PastEvent, PastResult } from "../core/history.ts";

/** Writes results within the transaction of the caller. */
export interface ResultWriter {
  /** Returns how many of them were new. */
  write(results: readonly PastResult[]): number;
  /** The numbers of names that are known by heart are no longer those of the file. */
  forget(): void;
}

/** Lengths are kept in whole microseconds, dollars in billionths, as `roundDollars` counts them. */
const micro = (length: number | undefined): number | null =>
  length === undefined ? null : Math.round(length * 1e6);
const nano = (dollars: number | undefined): number | null =>
  dollars === undefined ? null : Math.round(dollars * 1e9);

export function resultWriter(db: DatabaseSync): ResultWriter {
  // Two probes of a target that begin in the same millisecond are one too many for a chart to tell apart.
  const insert = db.prepare(
    `insert or ignore into results (target, started, duration, reason, first_token, tokens, dollars)
     values (?, ?, ?, ?, ?, ?, ?)`,
  );
  const targetId = numbering(
    db,
    "insert or ignore into targets (target, module) values (?, ?)",
    "select id from targets where target = ? and module = ?",
  );
  const reasonId = numbering(
    db,
    "insert or ignore into reasons (reason) values (?)",
    "select id from reasons where reason = ?",
  );
  return {
    write(results) {
      let added = 0;
      for (const { target, module, startedAt, duration, reason, firstToken, tokens, dollars } of results) {
        const { changes } = insert.run(
          targetId.of(target, module),
          Math.round(startedAt * 1000),
          micro(duration),
          reason === undefined ? null : reasonId.of(reason),
          micro(firstToken),
          tokens ?? null,
          nano(dollars),
        );
        added += Number(changes);
      }
      return added;
    },
    forget() {
      targetId.forget();
      reasonId.forget();
    },
  };
}

/** Numbers names in a table, each once. */
function numbering(db: DatabaseSync, add: string, find: string) {
  const known = new Map<string, number>();
  const [adding, finding] = [db.prepare(add), db.prepare(find)];
  return {
    of(...names: string[]): number {
      const key = JSON.stringify(names);
      const id = known.get(key);
      if (id !== undefined) return id;
      adding.run(...names);
      const found = Number(finding.get(...names)?.["id"]);
      known.set(key, found);
      return found;
    },
    forget: () => known.clear(),
  };
}

/** Writes events within the transaction of the caller. */
export function eventWriter(db: DatabaseSync): (events: readonly PastEvent[]) => void {
  const insert = db.prepare("insert or ignore into events (id, at, facts) values (?, ?, ?)");
  return (events) => {
    for (const { id, ...facts } of events) {
      insert.run(id, Math.round(facts.at * 1000), JSON.stringify(facts satisfies EventFacts));
    }
  };
}
