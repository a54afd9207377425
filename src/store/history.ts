import type { Clock } from "../core/clock.ts";
import type { History, HistoryReader, PastEvent, PastResult } from "../core/history.ts";
import type { Seconds } from "../core/units.ts";
import { createRecent } from "./memory-history.ts";

/** Where what was appended goes. */
export interface HistorySink {
  addResult(result: PastResult): void;
  addEvent(event: PastEvent): void;
}

/** Numbers events, tells listeners of them, and hands on everything else. */
export interface NumberedHistory extends History {
  /** Numbers go on after this one. */
  goOnAfter(id: number): void;
}

/**
 * Events are numbered by the millisecond, so that numbers rise over a restart even where the last one could not be
 * read, and by one more where that was taken.
 */
export function createHistory(clock: Clock, sink: HistorySink, reader: HistoryReader): NumberedHistory {
  const listeners = new Set<(event: PastEvent) => void>();
  let lastId = 0;
  return {
    summaries: (window) => reader.summaries(window),
    outages: (query) => reader.outages(query),
    chart: (query) => reader.chart(query),
    events: (query) => reader.events(query),
    append: (result) => sink.addResult(result),
    record(facts) {
      lastId = Math.max(lastId + 1, Math.floor(clock.now() * 1000));
      const event = { id: lastId, ...facts };
      sink.addEvent(event);
      for (const listener of listeners) listener(event);
      return event;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    goOnAfter(id) {
      lastId = Math.max(lastId, id);
    },
  };
}

/** History until the process ends, for an exporter without a file. */
export function createMemoryHistory(clock: Clock, retention: Seconds): History {
  const recent = createRecent(clock, retention);
  return createHistory(clock, recent, recent);
}
