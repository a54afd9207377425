import type { DatabaseSync } from "node:sqlite";
import type { EventFacts, PastEvent, PastResult } from "../core/history.ts";
import { PHASES } from "../core/phases.ts";
import { totalsReopener } from "./rollup.ts";

/** Writes results within the transaction of the caller. */
export interface ResultWriter {
  /** Writes results; returns how many of them were new. */
  write(results: readonly PastResult[]): number;
  /** Clears the cached ids of names, after a transaction that may have added them was rolled back. */
  clearCache(): void;
}

// Durations are stored in microseconds, dollars in billionths, the precision of `roundDollars` in src/money.
const micro = (duration: number | undefined): number | null =>
  duration === undefined ? null : Math.round(duration * 1e6);
const milli = (perSecond: number | undefined): number | null =>
  perSecond === undefined ? null : Math.round(perSecond * 1000);
const nano = (dollars: number | undefined): number | null =>
  dollars === undefined ? null : Math.round(dollars * 1e9);

/** Prepares the writing of results. */
export function resultWriter(db: DatabaseSync): ResultWriter {
  // Of two probes of a target that start in the same millisecond, one is ignored.
  const insert = db.prepare(
    `insert or ignore into results (target, started, duration, reason, first_token, tokens, dollars,
       speed, resolve, connect, tls, processing, transfer)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const reopenTotals = totalsReopener(db);
  const targetIds = cachedIds(
    db,
    "insert or ignore into targets (target, module) values (?, ?)",
    "select id from targets where target = ? and module = ?",
  );
  const reasonIds = cachedIds(
    db,
    "insert or ignore into reasons (reason) values (?)",
    "select id from reasons where reason = ?",
  );
  return {
    write(results) {
      let added = 0;
      let oldest = Number.POSITIVE_INFINITY;
      for (const one of results) {
        const { target, module, startedAt, duration, reason, firstToken, tokens, dollars } = one;
        const { changes } = insert.run(
          targetIds.of(target, module),
          Math.round(startedAt * 1000),
          micro(duration),
          reason === undefined ? null : reasonIds.of(reason),
          micro(firstToken),
          tokens ?? null,
          nano(dollars),
          milli(one.tokensPerSecond),
          ...PHASES.map((phase) => micro(one.phases?.[phase])),
        );
        added += Number(changes);
        oldest = Math.min(oldest, startedAt * 1000);
      }
      if (added > 0) reopenTotals(oldest);
      return added;
    },
    clearCache() {
      targetIds.clear();
      reasonIds.clear();
    },
  };
}

/** Looks up the ids of names in a table, adding names that are missing. */
function cachedIds(db: DatabaseSync, insertSql: string, selectSql: string) {
  const cache = new Map<string, number>();
  const [insert, select] = [db.prepare(insertSql), db.prepare(selectSql)];
  return {
    of(...names: string[]): number {
      const key = JSON.stringify(names);
      const cachedId = cache.get(key);
      if (cachedId !== undefined) return cachedId;
      insert.run(...names);
      const id = Number(select.get(...names)?.["id"]);
      cache.set(key, id);
      return id;
    },
    clear: () => cache.clear(),
  };
}

/** Prepares the writing of events, within the transaction of the caller. */
export function eventWriter(db: DatabaseSync): (events: readonly PastEvent[]) => void {
  const insert = db.prepare("insert or ignore into events (id, at, facts) values (?, ?, ?)");
  return (events) => {
    for (const { id, ...facts } of events) {
      insert.run(id, Math.round(facts.at * 1000), JSON.stringify(facts satisfies EventFacts));
    }
  };
}
