import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type {
  ChartBucket,
  EventQuery,
  HistoryReader,
  HistoryWindow,
  Outage,
  OutageQuery,
  PastEvent,
  PastResult,
  TargetSummary,
} from "../core/history.ts";
import type { FailureReason } from "../core/reasons.ts";
import { after, elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";
import type { HistorySink } from "./history.ts";

/** Results of all targets that are kept in memory: about 6 MB. Each target has an equal share. */
const RESULTS = 50_000;
const EVENTS = 5000;
const DEFAULT_LIMIT = 1000;

interface Line {
  readonly target: string;
  readonly module: string;
  /** In the order in which they began. */
  results: PastResult[];
}

/** The newest results and events, in memory, and the answers that they give. */
export function createRecent(clock: Clock, retention: Seconds): HistorySink & HistoryReader {
  const lines = new Map<string, Line>();
  let events: PastEvent[] = [];

  const inWindow = ({ from, to, target }: HistoryWindow): readonly Line[] =>
    [...lines.values()]
      .filter((line) => target === undefined || line.target === target)
      .map((line) => ({ ...line, results: line.results.filter(between(from, to)) }))
      .filter(({ results }) => results.length > 0)
      .toSorted((a, b) => compare(a.target, b.target) || compare(a.module, b.module));
  const oldest = (): Timestamp => after(clock.now(), seconds(-retention));

  return {
    addResult(result) {
      const key = JSON.stringify([result.target, result.module]);
      const line = lines.get(key) ?? { target: result.target, module: result.module, results: [] };
      lines.set(key, line);
      insert(line.results, result);
      const share = Math.floor(RESULTS / lines.size);
      // Shortened only when it is a tenth too long, as that costs a copy.
      if (line.results.length > share * 1.1) line.results = line.results.slice(-share);
    },
    addEvent(event) {
      events.push(event);
      if (events.length > EVENTS * 1.1) events = events.slice(-EVENTS);
    },
    summaries: async (window) => inWindow(atLeast(window, oldest())).map(summaryOf),
    outages: async (query) => inWindow(atLeast(query, oldest())).flatMap((line) => outagesOf(line, query)),
    async chart({ buckets, ...window }) {
      const results = inWindow(atLeast(window, oldest())).flatMap((line) => line.results);
      const width = elapsed(window.from, window.to) / buckets;
      const parts = Map.groupBy(results, ({ startedAt }) =>
        Math.floor(elapsed(window.from, startedAt) / width),
      );
      return [...parts]
        .toSorted(([a], [b]) => a - b)
        .map(([i, part]) => bucketOf(part, window.from, i, width));
    },
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

/** Probes end in another order than they began in only when they overlap, so this looks at the last ones only. */
function insert(results: PastResult[], result: PastResult): void {
  let at = results.length;
  while (at > 0 && (results[at - 1]?.startedAt ?? 0) > result.startedAt) at -= 1;
  results.splice(at, 0, result);
}

const sum = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
};

function summaryOf({ target, module, results }: Line): TargetSummary {
  const good = results.filter(({ reason }) => reason === undefined);
  const failures: Partial<Record<FailureReason, number>> = {};
  for (const { reason } of results) if (reason !== undefined) failures[reason] = (failures[reason] ?? 0) + 1;
  const durations = good.map(({ duration }) => duration).toSorted((a, b) => a - b);
  const longest = durations.at(-1);
  const tokens = sum(results.map((result) => result.tokens));
  const dollars = sum(results.map((result) => result.dollars));
  const lastSuccess = good.at(-1)?.startedAt;
  const [first, last] = [results[0], results.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a line of history without results");
  return {
    target,
    module,
    probes: results.length,
    successes: good.length,
    uptime: good.length / results.length,
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

function outagesOf({ target, module, results }: Line, query: OutageQuery): readonly Outage[] {
  const ignored = new Set(query.ignoreReasons);
  const found: Outage[] = [];
  let running: Outage | undefined;
  const end = (to?: Timestamp): void => {
    if (running !== undefined && running.probes >= (query.failures ?? 1))
      found.push(to === undefined ? running : { ...running, to });
    running = undefined;
  };
  for (const { reason, startedAt } of results) {
    if (reason === undefined) end(startedAt);
    else if (!ignored.has(reason)) {
      running = {
        ...(running ?? { target, module, from: startedAt, reason }),
        probes: (running?.probes ?? 0) + 1,
      };
    }
  }
  end();
  return found;
}

const bucketOf = (part: readonly PastResult[], start: Timestamp, i: number, width: number): ChartBucket => ({
  from: after(start, seconds(i * width)),
  to: after(start, seconds((i + 1) * width)),
  probes: part.length,
  successes: part.filter(({ reason }) => reason === undefined).length,
  average: seconds(part.reduce((total, { duration }) => total + duration, 0) / part.length),
  max: seconds(part.reduce((longest, { duration }) => Math.max(longest, duration), 0)),
});

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
