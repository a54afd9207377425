import type { TargetStatus } from "../core/status.ts";
import type { Counts, Summary } from "./document.ts";
import type { BeatFacts, ComponentFacts } from "./reporters.ts";

interface Status {
  readonly status: TargetStatus;
  readonly critical: boolean;
}

/** Everything that has a status. */
export interface Subjects {
  readonly services: readonly Status[];
  readonly heartbeats: readonly BeatFacts[];
  readonly components: readonly ComponentFacts[];
}

/**
 * Counts by status. The counts of services stand at the top. Logs and leases are services too, so of the heartbeats only those
 * that ping are added to `all`.
 */
export function summaryOf({ services, heartbeats, components }: Subjects): Summary {
  const { total, healthy, unhealthy, unknown, critical_unhealthy, health_percentage } = countsOf(services);
  const pushed = heartbeats.filter(({ source }) => source === "push");
  return {
    total_services: total,
    healthy_services: healthy,
    unhealthy_services: unhealthy,
    unknown_services: unknown,
    critical_unhealthy,
    health_percentage,
    heartbeats: countsOf(heartbeats),
    components: countsOf(components),
    all: countsOf([...services, ...pushed, ...components]),
  };
}

/** Counts subjects by status. Degraded ones work and count as healthy; unknown ones as neither healthy nor unhealthy. */
function countsOf(subjects: readonly Status[]): Counts {
  const count = (...statuses: readonly TargetStatus[]): number =>
    subjects.filter(({ status }) => statuses.includes(status)).length;
  const healthy = count("healthy", "degraded");
  const total = subjects.length;
  return {
    total,
    healthy,
    unhealthy: count("unhealthy"),
    unknown: count("unknown"),
    critical_unhealthy: subjects.filter(({ status, critical }) => critical && status === "unhealthy").length,
    // Rounded down, so that one unhealthy subject of many does not round to 100.
    health_percentage: total === 0 ? null : Math.floor((healthy * 1000) / total) / 10,
  };
}
