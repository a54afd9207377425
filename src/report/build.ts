import type { TargetStatus } from "../core/status.ts";
import { elapsed, rfc3339, type Seconds, type Timestamp } from "../core/units.ts";
import type { Alert, Objective, Report, ResponseTimes, Service } from "./document.ts";
import { type BeatFacts, beatOf, type ComponentFacts, componentOf } from "./reporters.ts";
import type { Span, UnhealthySpan } from "./span.ts";
import { type Subjects, summaryOf } from "./summary.ts";

/** The facts about one target, from any source. */
export interface ServiceFacts {
  readonly name: string;
  readonly module: string;
  readonly critical: boolean;
  readonly status: TargetStatus;
  readonly consecutiveFailures: number;
  readonly lastHealthy?: Timestamp;
  readonly lastUpdated?: Timestamp;
  /** Probes in the window; fractional if estimated from scrapes. */
  readonly probes: number;
  readonly successes: number;
  /** Durations of successful probes. */
  readonly duration?: { readonly average: Seconds; readonly p95?: Seconds; readonly max?: Seconds };
  readonly outages: readonly UnhealthySpan[];
  /** The target's own objective: the share of probes that should succeed. */
  readonly objective?: number;
}

/** Objectives that services are measured against. */
export interface Objectives {
  /** Share of probes that should succeed. */
  readonly availability: number;
  /** Upper bound of the 95th percentile of durations of successful probes. */
  readonly p95: Seconds;
  /** Upper bound of the mean time from unhealthy to healthy. */
  readonly mttr: Seconds;
}

/** The facts from which a report is built. */
export interface ReportFacts {
  readonly source: string;
  readonly generatedAt: Timestamp;
  readonly window: Span;
  readonly services: readonly ServiceFacts[];
  readonly heartbeats: readonly BeatFacts[];
  readonly components: readonly ComponentFacts[];
  readonly alerts: readonly Alert[];
  readonly objectives: Objectives;
  /** Notes on the accuracy of the numbers. */
  readonly notes: readonly string[];
}

/** Builds a report. The same facts give the same numbers, whether they come from a history or from Prometheus. */
export function buildReport(facts: ReportFacts): Report {
  const { window, objectives } = facts;
  const sorted = facts.services.toSorted((a, b) => compare(a.name, b.name) || compare(a.module, b.module));
  const services = sorted.map(serviceOf);
  return {
    generated_at: rfc3339(facts.generatedAt),
    source: facts.source,
    window: {
      from: rfc3339(window.from),
      to: rfc3339(window.to),
      seconds: elapsed(window.from, window.to),
    },
    summary: summaryOf(facts),
    services,
    ...reportersOf(facts, window),
    response_times: sorted.map(responseTimes),
    alerts: facts.alerts.toSorted((a, b) => compare(b.triggered_at, a.triggered_at)),
    slos: sorted.flatMap((one) => objectivesOf(one, objectives, window.to)),
    critical_services: services
      .filter(({ critical }) => critical)
      .toSorted((a, b) => (a.uptime_percentage ?? -1) - (b.uptime_percentage ?? -1)),
    notes: [...facts.notes, ...GENERAL_NOTES],
  };
}

/** Returns the lists of heartbeats and components, sorted by name. */
export const reportersOf = (
  { heartbeats, components }: Omit<Subjects, "services">,
  window: Span,
): Pick<Report, "heartbeats" | "components"> => ({
  heartbeats: heartbeats
    .toSorted((a, b) => compare(a.name, b.name) || compare(a.source, b.source))
    .map((one) => beatOf(one, window)),
  components: components.toSorted((a, b) => compare(a.name, b.name)).map(componentOf),
});

const GENERAL_NOTES = [
  "uptime of heartbeats is the share of time in which they were not down",
  "uptime is the share of probes that succeeded, not of time; response times are those of successful probes, in seconds",
  "mttr is the mean time from unhealthy to healthy, after thresholds; an ongoing outage counts once it is longer than the objective",
  "time to acknowledge and the share of false alerts are not included, because they are not recorded here",
];

/** Returns an entry of `services`. */
export const serviceOf = (facts: ServiceFacts): Service => ({
  service_name: facts.name,
  module: facts.module,
  critical: facts.critical,
  current_status: facts.status,
  last_healthy: timeOrNull(facts.lastHealthy),
  consecutive_failures: facts.consecutiveFailures,
  uptime_percentage: percentage(facts),
  last_updated: timeOrNull(facts.lastUpdated),
});

const responseTimes = ({ name, module, probes, duration }: ServiceFacts): ResponseTimes => ({
  service_name: name,
  module,
  checks_count: Math.round(probes),
  avg_response_time: duration?.average ?? null,
  p95_response_time: duration?.p95 ?? null,
  max_response_time: duration?.max ?? null,
});

function objectivesOf(facts: ServiceFacts, objectives: Objectives, now: Timestamp): readonly Objective[] {
  const about = { service_name: facts.name, module: facts.module };
  const availability = (facts.objective ?? objectives.availability) * 100;
  const uptime = percentage(facts);
  const p95 = facts.duration?.p95 ?? null;
  const mttr = meanRecovery(facts.outages, objectives.mttr, now);
  return [
    {
      ...about,
      metric: "availability",
      objective: availability,
      measured: uptime,
      met: uptime === null ? null : uptime >= availability,
    },
    {
      ...about,
      metric: "response_time",
      objective: objectives.p95,
      measured: p95,
      met: p95 === null ? null : p95 < objectives.p95,
    },
    {
      ...about,
      metric: "mttr",
      objective: objectives.mttr,
      measured: mttr,
      met: mttr === null ? null : mttr < objectives.mttr,
    },
  ];
}

/** Returns the mean time to recovery in seconds, `null` without an outage. */
function meanRecovery(outages: readonly UnhealthySpan[], objective: Seconds, now: Timestamp): number | null {
  const lengths = outages.flatMap(({ from, to }) => {
    const length = elapsed(from, to ?? now);
    return to !== undefined || length > objective ? length : [];
  });
  return lengths.length === 0 ? null : lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
}

const percentage = ({ probes, successes }: ServiceFacts): number | null =>
  probes > 0 ? (successes * 100) / probes : null;

const timeOrNull = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
