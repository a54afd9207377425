import { rfc3339, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { alertsFor } from "./alerts.ts";
import { chartOf, chartQuery } from "./chart.ts";
import { settled } from "./incidents/list.ts";
import { incidentOf } from "./incidents/shown.ts";
import type { SubjectPage } from "./model/subject.ts";
import {
  type ChartWindow,
  type SubjectLink,
  UPTIME_WINDOWS,
  type Uptimes,
  type UptimeWindow,
} from "./model/words.ts";
import { itemsOf } from "./overview.ts";
import { modePeriods, statusPeriods } from "./periods.ts";
import type { PageSource } from "./source.ts";
import type { SubjectRef } from "./state.ts";
import { timeUptimes, WINDOW_SECONDS } from "./time-uptime.ts";
import { timelineOf } from "./timeline.ts";

/** Most incidents on the page of one subject. */
const MOST_INCIDENTS = 50;

/** Most changes of the mode on the page of one subject. */
const MOST_CHANGES = 500;

/** Builds the page of one subject; `undefined` for an unknown one. */
export async function buildSubjectPage(
  source: PageSource,
  subject: SubjectRef,
  window: ChartWindow,
): Promise<SubjectPage | undefined> {
  const state = source.state(subject);
  if (state === undefined) return undefined;
  const now = source.now();
  const { kind, name } = subject;
  const query = chartQuery(name, window, now);
  const span = { from: query.from, to: query.to, target: name };
  const isTarget = kind === "target";
  const { history } = source;
  const [[item], log, chart, failures, modes, uptime] = await Promise.all([
    itemsOf(source, [subject]),
    source.incidents(),
    isTarget ? history.chart(query) : undefined,
    isTarget ? history.reasons(span) : [],
    state.target?.mode === undefined
      ? []
      : history.events({ from: query.from, subject: name, kinds: ["mode"], limit: MOST_CHANGES }),
    isTarget ? probeUptimes(source, [name], now) : undefined,
  ]);
  // It is gone since the first line.
  if (item === undefined) return undefined;
  const incidents = log.of(subject);
  const absences = source.absences();
  const timeline = timelineOf(log.changes(subject), state);
  const details = source.details(subject);
  return {
    generated_at: rfc3339(now),
    item,
    description: state.description ?? null,
    window,
    from: query.from,
    to: query.to,
    uptime: uptime?.get(name) ?? timeUptimes({ now, timeline, absences }),
    chart: chart === undefined ? null : chartOf(chart, window),
    failures,
    modes: modePeriods(modes, state, query.from),
    statuses: statusPeriods(timeline, query.from),
    incidents: incidents
      .slice(0, MOST_INCIDENTS)
      .map((one) => incidentOf(settled(one, source), absences, now)),
    probes: details.probes,
    configuration: details.configuration ?? null,
    settings: details.settings,
    alerts: alertsFor(state),
    members: (state.group?.members ?? []).map(({ kind: of, name: member, status }) => ({
      kind: of,
      name: member,
      status,
    })),
    dependents: linksTo(source, details.dependents),
    heartbeats: details.heartbeats,
    operations: details.operations,
  };
}

const linksTo = (source: PageSource, refs: readonly SubjectRef[]): readonly SubjectLink[] =>
  refs.flatMap(({ kind, name }) => {
    const state = source.state({ kind, name });
    return state === undefined ? [] : [{ kind, name, status: state.status }];
  });

/** Returns the uptimes of targets by name, as ratios of probes. */
export async function probeUptimes(
  { history }: Pick<PageSource, "history">,
  targets: readonly string[],
  now: Timestamp,
): Promise<ReadonlyMap<string, Uptimes>> {
  if (targets.length === 0) return new Map();
  const windows: readonly Seconds[] = UPTIME_WINDOWS.map((window) => seconds(WINDOW_SECONDS[window]));
  const counts = await history.counts({ targets, now: timestamp(now), windows });
  return new Map(
    counts.map(({ target, windows: found }) => [
      target,
      Object.fromEntries(
        UPTIME_WINDOWS.map((window, i) => {
          const count = found[i];
          return [window, count === undefined ? null : count.successes / count.probes];
        }),
      ) as Record<UptimeWindow, number | null>,
    ]),
  );
}
