import type { Clock } from "../core/clock.ts";
import type { History, HistoryReader, HistorySink, PastEvent } from "../core/history.ts";

/** A history that assigns event ids and notifies subscribers; a sink and a reader do the rest. */
export interface NumberedHistory extends History {
  /** Makes the ids of further events greater than `id`. */
  continueAfter(id: number): void;
}

/**
 * Creates a history on top of `sink` and `reader`. An event's id is its time in milliseconds, or the last id plus one if
 * that is greater. So ids rise across restarts even if the last one could not be read.
 */
export function createNumberedHistory(
  clock: Clock,
  sink: HistorySink,
  reader: HistoryReader,
): NumberedHistory {
  const listeners = new Set<(event: PastEvent) => void>();
  let lastId = 0;
  return {
    summaries: (window) => reader.summaries(window),
    outages: (query) => reader.outages(query),
    chart: (query) => reader.chart(query),
    trends: (query) => reader.trends(query),
    counts: (query) => reader.counts(query),
    reasons: (query) => reader.reasons(query),
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
    continueAfter(id) {
      lastId = Math.max(lastId, id);
    },
  };
}
