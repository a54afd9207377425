import type { DatabaseSync } from "node:sqlite";
import type { HistoryReader } from "../core/history.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
import { openForReading } from "./database.ts";
import { readValues } from "./namespaces.ts";
import { chart } from "./queries/chart.ts";
import { counts, reasons } from "./queries/counts.ts";
import { events } from "./queries/events.ts";
import { outages } from "./queries/outages.ts";
import { summaries } from "./queries/summaries.ts";
import { trends } from "./queries/trends.ts";

/** The queries of a HistoryReader, answered synchronously. Each blocks its thread. */
export type SyncHistoryReader = {
  [Question in keyof HistoryReader]: (
    ...query: Parameters<HistoryReader[Question]>
  ) => Awaited<ReturnType<HistoryReader[Question]>>;
};

/**
 * Creates a reader of the file, which may be written at the same time. The file is opened for each query, because it may
 * have been moved aside in between.
 * @returns functions that throw a StoreError or an error of node:sqlite; see `failureOf`
 */
export function createReader(path: string): SyncHistoryReader {
  const withDatabase =
    <Query, Answer>(ask: (db: DatabaseSync, query: Query) => Answer) =>
    (query: Query): Answer => {
      const db = openForReading(path);
      try {
        return ask(db, query);
      } finally {
        db.close();
      }
    };
  return {
    summaries: withDatabase(summaries),
    outages: withDatabase(outages),
    chart: withDatabase(chart),
    trends: withDatabase(trends),
    counts: withDatabase(counts),
    reasons: withDatabase(reasons),
    events: withDatabase(events),
  };
}

/** Values of the state in a file, and when an exporter last wrote to it. */
export interface StoredState {
  readonly alive?: Timestamp;
  /** The values of a namespace by key. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** Reads one namespace of the state in a file, as {@link readHistory} does. Damaged values are left out. */
export function readState(path: string, namespace: string): StoredState {
  const db = openForReading(path);
  try {
    const alive = db.prepare("select at from alive").get()?.["at"];
    const { values } = readValues(db);
    const own = values.filter(([name]) => name === namespace);
    return {
      ...(typeof alive === "number" ? { alive: timestamp(alive / 1000) } : {}),
      values: new Map(own.map(([, key, json]) => [key, JSON.parse(json) as unknown])),
    };
  } finally {
    db.close();
  }
}

/**
 * Reads the history in a file, for the command line; an exporter may use the file at the same time. Queries reject if the
 * file does not exist or is not a store.
 */
export function readHistory(path: string): HistoryReader {
  const reader = createReader(path);
  return {
    summaries: async (window) => reader.summaries(window),
    outages: async (query) => reader.outages(query),
    chart: async (query) => reader.chart(query),
    trends: async (query) => reader.trends(query),
    counts: async (query) => reader.counts(query),
    reasons: async (query) => reader.reasons(query),
    events: async (query) => reader.events(query),
  };
}
