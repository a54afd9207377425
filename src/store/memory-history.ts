import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type {
  EventQuery,
  History,
  HistoryReader,
  HistorySink,
  HistoryWindow,
  Outage,
  OutageQuery,
  PastEvent,
  PastResult,
  TargetSummary,
} from "../core/history.ts";
import type { FailureReason } from "../core/reasons.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";
import { bucketOf, reasonsOf, trendOf, windowsOf } from "./memory-trends.ts";
import { createNumberedHistory } from "./numbered-history.ts";

/** Results kept in memory, of all targets together: about 6 MB. Targets have equal shares. */
const MAX_RESULTS = 50_000;
const MAX_EVENTS = 5000;
const DEFAULT_LIMIT = 1000;

/** Creates a history that is lost when the process ends, for an exporter without a store. */
export function createMemoryHistory(clock: Clock, retention: Seconds): History {
  const recent = createRecentHistory(clock, retention);
  return createNumberedHistory(clock, recent, recent);
}

interface TargetResults {
  readonly target: string;
  readonly module: string;
  /** By ascending start time. */
  results: PastResult[];
}

/** Keeps the newest results and events in memory and answers queries from them. */
export function createRecentHistory(clock: Clock, retention: Seconds): HistorySink & HistoryReader {
  const targets = new Map<string, TargetResults>();
  const byName = new Map<string, TargetResults[]>();
  let events: PastEvent[] = [];

  const inWindow = ({ from, to, target }: HistoryWindow): readonly TargetResults[] =>
    [...targets.values()]
      .filter((one) => target === undefined || one.target === target)
      .map((one) => ({ ...one, results: one.results.filter(between(from, to)) }))
      .filter(({ results }) => results.length > 0)
      .toSorted((a, b) => compare(a.target, b.target) || compare(a.module, b.module));
  const oldest = (): Timestamp => after(clock.now(), seconds(-retention));
  /** Returns the results of a target under all its modules, in order of time. */
  const resultsOf = (target: string): readonly PastResult[] => {
    const from = oldest();
    const own = (byName.get(target) ?? []).map(({ results }) =>
      results.filter(({ startedAt }) => startedAt >= from),
    );
    const [only = [], ...others] = own;
    return others.length === 0 ? only : own.flat().toSorted((a, b) => a.startedAt - b.startedAt);
  };

  const start = (key: string, { target, module }: PastResult): TargetResults => {
    const own: TargetResults = { target, module, results: [] };
    targets.set(key, own);
    byName.set(target, [...(byName.get(target) ?? []), own]);
    return own;
  };

  return {
    addResult(result) {
      const key = JSON.stringify([result.target, result.module]);
      const own = targets.get(key) ?? start(key, result);
      insert(own.results, result);
      const share = Math.floor(MAX_RESULTS / targets.size);
      // Truncated only at 10 % over the limit, because each time copies the list.
      if (own.results.length > share * 1.1) own.results = own.results.slice(-share);
    },
    addEvent(event) {
      events.push(event);
      if (events.length > MAX_EVENTS * 1.1) events = events.slice(-MAX_EVENTS);
    },
    summaries: async (window) => inWindow(atLeast(window, oldest())).map(summaryOf),
    outages: async (query) => inWindow(atLeast(query, oldest())).flatMap((one) => outagesOf(one, query)),
    async chart({ buckets, ...window }) {
      const results = inWindow(atLeast(window, oldest())).flatMap((one) => one.results);
      const width = elapsed(window.from, window.to) / buckets;
      const parts = Map.groupBy(results, ({ startedAt }) =>
        Math.floor(elapsed(window.from, startedAt) / width),
      );
      return [...parts]
        .toSorted(([a], [b]) => a - b)
        .map(([i, part]) => bucketOf(part, window.from, i, width));
    },
    trends: async (query) => query.targets.map((target) => trendOf(target, resultsOf(target), query)),
    counts: async (query) => query.targets.map((target) => windowsOf(target, resultsOf(target), query)),
    reasons: async (query) => reasonsOf(inWindow(atLeast(query, oldest())).flatMap((one) => one.results)),
    events: async (query) => chosenEvents(events, query, oldest()),
  };
}

const between =
  (from: Timestamp, to: Timestamp) =>
  ({ startedAt }: PastResult): boolean =>
    startedAt >= from && startedAt < to;

const atLeast = <Window extends HistoryWindow>(window: Window, oldest: Timestamp): Window => ({
  ...window,
  from: window.from < oldest ? oldest : window.from,
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Inserts a result by start time. Only overlapping probes end out of order, so the place is near the end. */
function insert(results: PastResult[], result: PastResult): void {
  let at = results.length;
  while (at > 0 && (results[at - 1]?.startedAt ?? 0) > result.startedAt) at -= 1;
  results.splice(at, 0, result);
}

const sum = (values: readonly (number | undefined)[]): number | undefined => {
  const present = values.filter((value) => value !== undefined);
  return present.length === 0 ? undefined : present.reduce((total, value) => total + value, 0);
};

function summaryOf({ target, module, results }: TargetResults): TargetSummary {
  const successes = results.filter(({ reason }) => reason === undefined);
  const failures: Partial<Record<FailureReason, number>> = {};
  for (const { reason } of results) if (reason !== undefined) failures[reason] = (failures[reason] ?? 0) + 1;
  const durations = successes.map(({ duration }) => duration).toSorted((a, b) => a - b);
  const longest = durations.at(-1);
  const tokens = sum(results.map((result) => result.tokens));
  const dollars = sum(results.map((result) => result.dollars));
  const lastSuccess = successes.at(-1)?.startedAt;
  const [first, last] = [results[0], results.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a target without results in the window");
  return {
    target,
    module,
    probes: results.length,
    successes: successes.length,
    uptime: successes.length / results.length,
    failures,
    ...(longest === undefined
      ? {}
      : {
          duration: {
            average: seconds((sum(durations) ?? 0) / durations.length),
            p95: durations[Math.ceil(durations.length * 0.95) - 1] ?? longest,
            max: longest,
          },
        }),
    firstProbe: first.startedAt,
    lastProbe: last.startedAt,
    ...defined({ lastSuccess, tokens, dollars }),
  };
}

function outagesOf({ target, module, results }: TargetResults, query: OutageQuery): readonly Outage[] {
  const ignored = new Set(query.ignoreReasons);
  const found: Outage[] = [];
  let current: Outage | undefined;
  const end = (to?: Timestamp): void => {
    if (current !== undefined && current.probes >= (query.failures ?? 1))
      found.push(to === undefined ? current : { ...current, to });
    current = undefined;
  };
  for (const { reason, startedAt } of results) {
    if (reason === undefined) end(startedAt);
    else if (!ignored.has(reason)) {
      current = {
        ...(current ?? { target, module, from: startedAt, reason }),
        probes: (current?.probes ?? 0) + 1,
      };
    }
  }
  end();
  return found;
}

function chosenEvents(
  events: readonly PastEvent[],
  query: EventQuery,
  oldest: Timestamp,
): readonly PastEvent[] {
  const { from = oldest, to, subject, kinds, after: last, limit = DEFAULT_LIMIT } = query;
  const chosen = events.filter(
    (event) =>
      event.at >= from &&
      event.at >= oldest &&
      (to === undefined || event.at < to) &&
      (subject === undefined || event.subject === subject) &&
      (kinds === undefined || kinds.includes(event.kind)) &&
      (last === undefined || event.id > last),
  );
  if (limit <= 0) return [];
  return last === undefined ? chosen.slice(-limit) : chosen.slice(0, limit);
}
