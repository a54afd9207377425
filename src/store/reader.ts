import type { DatabaseSync } from "node:sqlite";
import type { HistoryReader } from "../core/history.ts";
import { openForReading } from "./database.ts";
import { chart } from "./queries/chart.ts";
import { events } from "./queries/events.ts";
import { outages } from "./queries/outages.ts";
import { summaries } from "./queries/summaries.ts";

/** The questions of history, answered at once: for a thread that has nothing else to do. */
export type Reader = {
  [Question in keyof HistoryReader]: (
    ...query: Parameters<HistoryReader[Question]>
  ) => Awaited<ReturnType<HistoryReader[Question]>>;
};

/**
 * Reads the file beside whoever writes it. It is opened for each question, because it may have been put aside since.
 * @returns functions that throw what `failureOf` reads
 */
export function createReader(path: string): Reader {
  const reading =
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
    summaries: reading(summaries),
    outages: reading(outages),
    chart: reading(chart),
    events: reading(events),
  };
}

/**
 * The history in a file, for the command line: an exporter may be running on it. It rejects when there is no such file, or
 * when it is none of ours.
 */
export function readHistory(path: string): HistoryReader {
  const reader = createReader(path);
  return {
    summaries: async (window) => reader.summaries(window),
    outages: async (query) => reader.outages(query),
    chart: async (query) => reader.chart(query),
    events: async (query) => reader.events(query),
  };
}
