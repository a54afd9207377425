import type { TargetStatus } from "../core/status.ts";
import { elapsed, rfc3339, type Seconds, type Timestamp } from "../core/units.ts";
import type { Alert, Objective, Report, ResponseTimes, Service, Summary } from "./document.ts";

/** A period from `from` to `to`. */
export interface Span {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** A period in which a target was unhealthy, after thresholds; ongoing without `to`. */
export interface UnhealthySpan {
  readonly from: Timestamp;
  readonly to?: Timestamp;
}

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
    summary: summaryOf(sorted),
    services,
    response_times: sorted.map(responseTimes),
    alerts: facts.alerts.toSorted((a, b) => compare(b.triggered_at, a.triggered_at)),
    slos: sorted.flatMap((one) => objectivesOf(one, objectives, window.to)),
    critical_services: services
      .filter(({ critical }) => critical)
      .toSorted((a, b) => (a.uptime_percentage ?? -1) - (b.uptime_percentage ?? -1)),
    notes: [...facts.notes, ...GENERAL_NOTES],
  };
}

const GENERAL_NOTES = [
  "uptime is the share of probes that succeeded, not of time; response times are those of successful probes, in seconds",
  "mttr is the mean time from unhealthy to healthy, after thresholds; an ongoing outage counts once it is longer than the objective",
  "time to acknowledge and the share of false alerts are not included, because they are not recorded here",
];

/** Counts services by status. Degraded ones work and count as healthy; unknown ones as neither healthy nor unhealthy. */
export function summaryOf(services: readonly Pick<ServiceFacts, "status" | "critical">[]): Summary {
  const count = (...statuses: readonly TargetStatus[]): number =>
    services.filter(({ status }) => statuses.includes(status)).length;
  const healthy = count("healthy", "degraded");
  const total = services.length;
  return {
    total_services: total,
    healthy_services: healthy,
    unhealthy_services: count("unhealthy"),
    unknown_services: count("unknown"),
    critical_unhealthy: services.filter(({ status, critical }) => critical && status === "unhealthy").length,
    // Rounded down, so that one unhealthy service of many does not round to 100.
    health_percentage: total === 0 ? null : Math.floor((healthy * 1000) / total) / 10,
  };
}

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
