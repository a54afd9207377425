import { defined } from "../core/defined.ts";
import { inSlices, type Steps } from "../core/steps.ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import { filterOf } from "./filter.ts";
import { itemOf } from "./item.ts";
import { mapInSlices } from "./map-in-slices.ts";
import { DAYS_SHOWN, SPARKLINE_POINTS } from "./model/bars.ts";
import type {
  Overview,
  OverviewFilters,
  OverviewItem,
  OverviewQuery,
  OverviewSection,
} from "./model/overview.ts";
import { STATUSES_BY_SEVERITY, type StatusCounts, SUBJECT_KINDS } from "./model/words.ts";
import type { PageSource } from "./source.ts";
import type { SubjectEntry, SubjectRef, SubjectState } from "./state.ts";
import { byName, countByStatus, MOST_NAMED, summaryOf, worstOf } from "./summary.ts";
import { timeOrNull } from "./text.ts";
import { DAY, dayBar } from "./time-uptime.ts";
import { timelineOf } from "./timeline.ts";

/** All subjects at one moment, in the order of the overview. */
export interface SubjectIndex {
  readonly at: Timestamp;
  readonly entries: readonly SubjectEntry[];
  /** Of everything except groups. */
  readonly counts: StatusCounts;
  readonly filters: OverviewFilters;
}

const HOUR = 3600;

/** Most values of a label, and most labels, to choose from. */
const MOST_VALUES = 50;
const MOST_LABELS = 20;

/** Entries between two looks at the clock. */
const PER_STEP = 100;

/** Reads and orders all subjects. */
export async function readIndex(source: PageSource): Promise<SubjectIndex> {
  const entries = await inSlices(source.entries());
  return inSlices(indexSteps(entries, source.now()));
}

function* indexSteps(entries: readonly SubjectEntry[], at: Timestamp): Steps<SubjectIndex> {
  const sorted: SubjectEntry[] = [];
  for (const status of STATUSES_BY_SEVERITY) {
    sorted.push(...entries.filter((entry) => entry.status === status).toSorted(byName));
    yield;
  }
  const labels = new Map<string, Set<string>>();
  for (const [i, entry] of sorted.entries()) {
    for (const [name, value] of Object.entries(entry.labels)) {
      const values = labels.get(name) ?? (labels.size < MOST_LABELS ? new Set<string>() : undefined);
      if (values === undefined) continue;
      labels.set(name, values);
      if (values.size < MOST_VALUES) values.add(value);
    }
    if (i % PER_STEP === 0) yield;
  }
  return {
    at,
    entries: sorted,
    counts: countByStatus(sorted.filter(({ kind }) => kind !== "group")),
    filters: {
      labels: Object.fromEntries(Array.from(labels, ([name, values]) => [name, [...values].toSorted()])),
      kinds: SUBJECT_KINDS.filter((kind) => sorted.some((entry) => entry.kind === kind)),
      groups: sorted
        .filter(({ kind }) => kind === "group")
        .map(({ name }) => name)
        .toSorted(),
    },
  };
}

/** Builds the part of the overview that a query asks for. Costs of history depend on the part alone. */
export async function buildOverview(
  source: PageSource,
  index: SubjectIndex,
  query: OverviewQuery,
): Promise<Overview> {
  const { entries, counts, filters } = index;
  const chosen = await inSlices(choose(entries, query));
  const part = chosen.slice(query.offset, query.offset + query.limit);
  const now = source.now();
  const worst = entries.filter(({ kind }) => kind !== "group").slice(0, MOST_NAMED);
  return {
    generated_at: rfc3339(now),
    ...defined({ leader: source.leader() }),
    summary: summaryOf(counts, statesOf(source, worst), now),
    status: worstOf(counts),
    counts,
    sections: sectionsOf(source, entries),
    filters,
    total: chosen.length,
    offset: query.offset,
    limit: query.limit,
    items: await itemsOf(source, part),
    days_from: (Math.floor(now / DAY) - DAYS_SHOWN + 1) * DAY,
    latency_from: (Math.floor(now / HOUR) - SPARKLINE_POINTS + 1) * HOUR,
    latency_to: (Math.floor(now / HOUR) + 1) * HOUR,
  };
}

function* choose(entries: readonly SubjectEntry[], query: OverviewQuery): Steps<readonly SubjectEntry[]> {
  const isLeft = filterOf(query);
  const chosen: SubjectEntry[] = [];
  for (const [i, entry] of entries.entries()) {
    if (isLeft(entry)) chosen.push(entry);
    if (i % PER_STEP === 0) yield;
  }
  return chosen;
}

const statesOf = (source: PageSource, refs: readonly SubjectRef[]): readonly SubjectState[] =>
  refs.flatMap((ref) => source.state(ref) ?? []);

/** Returns the groups, the worst first, and what is in none. */
function sectionsOf(source: PageSource, entries: readonly SubjectEntry[]): readonly OverviewSection[] {
  const groups = statesOf(
    source,
    entries.filter(({ kind }) => kind === "group"),
  ).map(
    ({ name, description, status, since, group }): OverviewSection => ({
      group: name,
      description: description ?? null,
      status,
      counts: group?.counts ?? countByStatus([]),
      since: timeOrNull(since),
    }),
  );
  const others = countByStatus(
    entries.filter(({ kind, groups: own }) => kind !== "group" && own.length === 0),
  );
  const hasOthers = Object.values(others).some((count) => count > 0);
  if (!hasOthers) return groups;
  return [
    ...groups,
    { group: null, description: null, status: worstOf(others), counts: others, since: null },
  ];
}

/** Builds the lines of subjects, with one query of the history for all of them. */
export async function itemsOf(
  source: PageSource,
  refs: readonly SubjectRef[],
): Promise<readonly OverviewItem[]> {
  const states = (await mapInSlices(refs, (ref) => source.state(ref))).filter((state) => state !== undefined);
  const targets = states.filter(({ kind }) => kind === "target").map(({ name }) => name);
  const trends = await source.trends.of(targets);
  const incidents = states.some(({ kind }) => kind !== "target") ? await source.incidents() : undefined;
  const [now, absences] = [source.now(), source.absences()];
  return mapInSlices(states, (state) => {
    const trend = state.kind === "target" ? trends.get(state.name) : undefined;
    const timeline =
      trend === undefined && incidents !== undefined ? timelineOf(incidents.changes(state), state) : [];
    const days = trend === undefined ? dayBar({ now, timeline, absences }) : [];
    return itemOf(state, trend, days);
  });
}
