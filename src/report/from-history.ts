import { defined } from "../core/defined.ts";
import type { HistoryReader, PastEvent, TargetSummary } from "../core/history.ts";
import type { TargetStatus } from "../core/status.ts";
import { elapsed, rfc3339, type Seconds, seconds, type Timestamp } from "../core/units.ts";
import type { ReportFacts, ServiceFacts } from "./build.ts";
import type { Alert } from "./document.ts";
import type { BeatFacts } from "./reporters.ts";
import type { Span, UnhealthySpan } from "./span.ts";

/** A configured target, with facts that its history does not have. */
export interface ReportTarget {
  readonly name: string;
  readonly module: string;
  readonly critical: boolean;
  /** The present state in a running exporter; absent if only its store is read. */
  readonly now?: {
    readonly status: TargetStatus;
    readonly consecutiveFailures: number;
    readonly lastProbe?: Timestamp;
    readonly lastSuccess?: Timestamp;
  };
  /** Time between two probes. */
  readonly interval?: Seconds;
}

/** Most events read from a window. */
const MOST_EVENTS = 10_000;

/** Age of the last probe that makes a status unknown, unless three intervals are longer: the staleness of Prometheus. */
const STALE_AFTER = seconds(300);

/**
 * Collects the facts of a window from a history.
 * @param targets the configured targets; if `undefined`, all targets with results in the window
 * @param beats the heartbeats with their present states, without their past
 */
export async function historyFacts(
  history: HistoryReader,
  window: Span,
  targets: readonly ReportTarget[] | undefined,
  beats: readonly BeatFacts[] = [],
): Promise<Pick<ReportFacts, "services" | "heartbeats" | "alerts" | "notes">> {
  const { from, to } = window;
  const summaries = await history.summaries({ from, to });
  const events = await history.events({ from, to, limit: MOST_EVENTS });
  const subjects =
    targets ?? summaries.map(({ target, module }) => ({ name: target, module, critical: false }));
  const services = await Promise.all(
    subjects.map(async (target): Promise<ServiceFacts> => {
      const summary = summaries.find((one) => one.target === target.name && one.module === target.module);
      const healths = events.filter(({ kind, subject }) => kind === "health" && subject === target.name);
      const [before] = await history.events({ to: from, subject: target.name, kinds: ["health"], limit: 1 });
      const outages = unhealthyTimes(before, healths, window);
      const [last] = [...healths, ...(before === undefined ? [] : [before])].toSorted((a, b) => b.id - a.id);
      const failures = summary === undefined ? 0 : await consecutiveFailures(history, summary, window);
      return {
        ...stateOf(target, summary, last, failures, to),
        name: target.name,
        module: target.module,
        critical: target.critical,
        probes: summary?.probes ?? 0,
        successes: summary?.successes ?? 0,
        ...(summary?.duration === undefined ? {} : { duration: summary.duration }),
        outages,
      };
    }),
  );
  const critical = new Set(subjects.filter((one) => one.critical).map(({ name }) => name));
  const beatEvents = events.filter(({ kind }) => kind === "heartbeat");
  return {
    services,
    heartbeats: beats.map((beat) => withUptime(beat, beatEvents, window)),
    alerts: alertsOf(events, critical),
    notes: notesOf(summaries, events, window, beats.length),
  };
}

/**
 * Adds the outages to a heartbeat that pings; others have no events. Without any in the window, the present status was that of
 * the whole window.
 */
function withUptime(beat: BeatFacts, events: readonly PastEvent[], window: Span): BeatFacts {
  if (beat.source !== "push") return beat;
  const own = events.filter(({ subject, source }) => subject === beat.name && source === beat.source);
  const outages =
    own.length === 0 && beat.status === "unhealthy"
      ? [{ from: window.from }]
      : unhealthyTimes(undefined, own.map(asHealth), window);
  return { ...beat, uptime: { kind: "outages", outages } };
}

/** Writes a change of a heartbeat as one of a target. */
const asHealth = (event: PastEvent): PastEvent => ({
  ...event,
  ...defined({ from: HEALTH_OF[event.from ?? ""], to: HEALTH_OF[event.to ?? ""] }),
});

const HEALTH_OF: Readonly<Record<string, string>> = { up: "healthy", down: "unhealthy" };

type StateFacts = Pick<ServiceFacts, "status" | "consecutiveFailures" | "lastHealthy" | "lastUpdated">;

/** Returns the state in a running exporter, or that of the last change of health and the last results unless they are stale. */
function stateOf(
  { now, interval }: ReportTarget,
  summary: TargetSummary | undefined,
  last: PastEvent | undefined,
  failures: number,
  at: Timestamp,
): StateFacts {
  const lastUpdated = now?.lastProbe ?? summary?.lastProbe;
  const lastHealthy = now?.lastSuccess ?? summary?.lastSuccess;
  const times = {
    ...defined({ lastHealthy, lastUpdated }),
  };
  if (now !== undefined)
    return { status: now.status, consecutiveFailures: now.consecutiveFailures, ...times };
  const staleAfter = Math.max(STALE_AFTER, 3 * (interval ?? 0));
  const stale = lastUpdated === undefined || elapsed(lastUpdated, at) > staleAfter;
  const health = last?.to === "healthy" || last?.to === "unhealthy" ? last.to : "unknown";
  return { status: stale ? "unknown" : health, consecutiveFailures: failures, ...times };
}

/** Counts the failures since the last success, within the window. */
async function consecutiveFailures(
  history: HistoryReader,
  { target, module }: TargetSummary,
  { from, to }: Span,
): Promise<number> {
  const outages = await history.outages({ from, to, target });
  const last = outages.findLast((outage) => outage.module === module);
  return last === undefined || last.to !== undefined ? 0 : last.probes;
}

/** Returns the periods in which a target was unhealthy, also by the last change before the window. */
function unhealthyTimes(
  before: PastEvent | undefined,
  events: readonly PastEvent[],
  { from }: Span,
): readonly UnhealthySpan[] {
  const times: UnhealthySpan[] = [];
  let since = before?.to === "unhealthy" ? before.at : undefined;
  for (const { at, from: was, to } of events) {
    // The beginning is missing if the exporter was down then.
    if (was === "unhealthy") since ??= from;
    if (to === "unhealthy") since ??= at;
    else if (since !== undefined) {
      times.push({ from: since, to: at });
      since = undefined;
    }
  }
  if (since !== undefined) times.push({ from: since });
  return times;
}

/** Turns changes for the worse into alerts, each resolved by the change that ended it. */
function alertsOf(events: readonly PastEvent[], critical: ReadonlySet<string>): readonly Alert[] {
  return events.flatMap((event, i) => {
    const alert = alertOf(event, critical.has(event.subject));
    if (alert === undefined) return [];
    const ends = (later: PastEvent): boolean =>
      later.kind === (event.kind === "overdue" ? "mode" : event.kind) &&
      later.subject === event.subject &&
      later.source === event.source &&
      later.to !== event.to;
    const end = events.slice(i + 1).find(ends);
    return {
      service_name: event.subject,
      ...alert,
      triggered_at: rfc3339(event.at),
      resolved_at: end === undefined ? null : rfc3339(end.at),
    };
  });
}

function alertOf(
  { kind, from, to, cause, source }: PastEvent,
  critical: boolean,
): Pick<Alert, "alert_type" | "severity" | "message"> | undefined {
  const was = from === undefined ? "" : `, was ${from}`;
  switch (kind) {
    case "health":
      if (to !== "unhealthy") return undefined;
      return {
        alert_type: critical ? "critical_service_down" : "service_down",
        severity: "critical",
        message: `unhealthy${was}`,
      };
    case "mode":
      if (to !== "fallback") return undefined;
      return {
        alert_type: "failover",
        severity: "warning",
        message: `mode fallback${was}${cause === undefined ? "" : ` (${cause})`}`,
      };
    case "overdue":
      return {
        alert_type: "fallback_overdue",
        severity: "warning",
        message: "in fallback for longer than max_duration",
      };
    case "heartbeat":
      if (to !== "down") return undefined;
      return {
        alert_type: "heartbeat_down",
        severity: "critical",
        message: `no ${source ?? ""} heartbeat`.replace("  ", " "),
      };
    case "group":
      if (to?.toLowerCase() !== "unhealthy") return undefined;
      return { alert_type: "group_unhealthy", severity: "critical", message: `group unhealthy${was}` };
    case "component":
      if (to === "unhealthy")
        return {
          alert_type: "component_unhealthy",
          severity: "critical",
          message: `component unhealthy${was}`,
        };
      if (to !== "unknown" || cause !== "silent") return undefined;
      return { alert_type: "component_silent", severity: "warning", message: `component silent${was}` };
    case "route":
      if (to !== undefined) return undefined;
      return {
        alert_type: "route_exhausted",
        severity: "critical",
        message: `no member of the route is usable${was}`,
      };
    case "forced":
    case "force_ended":
    case "status":
    case "reload":
    case "certificate":
    case "budget":
      return undefined;
  }
}

function notesOf(
  summaries: readonly TargetSummary[],
  events: readonly PastEvent[],
  { from, to }: Span,
  beats: number,
): readonly string[] {
  const first = Math.min(...summaries.map(({ firstProbe }) => firstProbe));
  const late = first - from > 0.05 * (to - from);
  return [
    "alerts are changes of health, mode, groups and heartbeats in the exporter; for those of Prometheus use --prometheus.url",
    ...(summaries.length === 0 && beats === 0 ? ["the history has no result in this window"] : []),
    ...(Number.isFinite(first) && late
      ? [`the history begins at ${rfc3339(first as Timestamp)}, after the beginning of the window`]
      : []),
    ...(events.length >= MOST_EVENTS ? [`only the newest ${MOST_EVENTS} changes are included`] : []),
  ];
}
