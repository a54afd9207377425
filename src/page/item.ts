import { defined } from "../core/defined.ts";
import type { Trend } from "../core/history.ts";
import { type DayBar, RESULTS_SHOWN, type ResultMark, type Sparkline } from "./model/bars.ts";
import type { HeartbeatFacts, OverviewItem, TargetFacts } from "./model/overview.ts";
import type { HeartbeatDetails, SubjectState, TargetState } from "./state.ts";
import { lineOrNull, timeOrNull } from "./text.ts";

/**
 * Makes the line of a subject on the overview.
 * @param trend of a target; others have none
 * @param days uptime of a subject without probes
 */
export function itemOf(state: SubjectState, trend: Trend | undefined, days: DayBar): OverviewItem {
  const { target, heartbeat, group, dependsOn = [], blockedBy, status } = state;
  return {
    kind: state.kind,
    name: state.name,
    status,
    since: timeOrNull(state.since),
    reason: status === "healthy" ? null : (state.reason ?? null),
    detail: status === "healthy" ? null : lineOrNull(state.detail),
    critical: state.critical,
    maintenance: state.maintenance,
    labels: state.labels,
    groups: state.groups,
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn }),
    ...defined({ blocked_by: blockedBy }),
    last_success: timeOrNull(state.lastSuccess),
    days: trend === undefined ? days : trendDays(trend),
    ...(target === undefined ? {} : { target: targetFacts(target, trend) }),
    ...(heartbeat === undefined ? {} : { heartbeat: heartbeatFacts(heartbeat) }),
    ...(group === undefined ? {} : { members: group.counts }),
  };
}

/** Returns the uptime of each day of a trend. */
const trendDays = ({ days }: Trend): DayBar =>
  days.map((day) => (day === undefined ? null : round(day.successes / day.probes, 5)));

/** Returns the mean duration in each hour of a trend. */
const sparklineOf = ({ hours }: Trend): Sparkline =>
  hours.map((hour) => (hour === undefined ? null : round(hour.average, 4)));

/** Difference of a time in history, which has whole milliseconds, in seconds. */
const SAME = 0.001;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Returns the last results, with the newest one, which history may not have yet. */
const marksOf = ({ results }: Trend, latest: TargetState["latest"]): readonly ResultMark[] =>
  (latest === undefined || latest.startedAt <= (results.at(-1)?.startedAt ?? 0) + SAME
    ? results
    : [...results, latest].slice(-RESULTS_SHOWN)
  ).map(({ startedAt, duration, reason }) => ({
    at: Math.round(startedAt),
    ok: reason === undefined,
    ...defined({ reason }),
    seconds: round(duration, 4),
  }));

function targetFacts(target: TargetState, trend: Trend | undefined): TargetFacts {
  const { mode, budget } = target;
  const hasBudget = budget !== undefined && (budget.tokens !== undefined || budget.dollars !== undefined);
  return {
    module: target.module,
    prober: target.prober,
    address: target.address,
    mode: mode?.mode ?? null,
    mode_since: timeOrNull(mode?.since),
    forced: mode?.forced ?? false,
    consecutive_failures: target.consecutiveFailures,
    last_probe: timeOrNull(target.lastProbe),
    last_duration: target.latest === undefined ? null : round(target.latest.duration, 4),
    next_probe: timeOrNull(target.nextProbe),
    skipped: target.skipped ?? null,
    budget_left: hasBudget ? budget : null,
    results: trend === undefined ? [] : marksOf(trend, target.latest),
    latency: trend === undefined ? [] : sparklineOf(trend),
  };
}

/** Makes the details of a heartbeat. */
export const heartbeatFacts = (heartbeat: HeartbeatDetails): HeartbeatFacts => ({
  source: heartbeat.source,
  kind: heartbeat.kind,
  hostname: heartbeat.hostname ?? null,
  owner: heartbeat.owner ?? null,
  last_seen: timeOrNull(heartbeat.lastSeen),
  timeout_seconds: heartbeat.timeout,
  schedule: heartbeat.schedule ?? null,
  next_expected: timeOrNull(heartbeat.nextExpected),
  running_since: timeOrNull(heartbeat.runningSince),
  target: heartbeat.target ?? null,
});
