import type { Request, Response } from "express";
import type { TargetStatus } from "../../core/status.ts";
import { rfc3339, type Seconds, type Timestamp } from "../../core/units.ts";
import type { GroupReading, MemberReading } from "../../groups/groups.ts";
import { chooseGroup } from "../choose.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";

/**
 * `/report[?group=]`: a group, or everything, with its members and how the exporter does. Names and types are those that
 * Go's encoding/json gives the untagged struct `HealthReport`, so that a Go program decodes it into that: times are
 * RFC 3339 or null, durations whole nanoseconds.
 */
export const reportRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const chosen = chooseGroup(deps, req);
    if (chosen.kind === "refused") return refuseJson(res, 404, chosen.text);
    const reading = chosen.kind === "group" ? chosen.reading : deps.health.everything();
    res.json(reportOf(deps, reading));
  };

function reportOf({ version, vitals }: RouteContext, { status, members, at }: GroupReading) {
  const { uptime, rates, queued, memory, cpu, activities } = vitals();
  return {
    Status: capital(status),
    Components: componentsOf(members),
    LastHeartbeat: timeOf(at),
    Uptime: nanoseconds(uptime),
    Version: version,
    SyncRate: rates.probesPerSecond,
    ErrorRate: rates.failuresPerSecond,
    QueueDepth: queued,
    Latency: rates.meanDuration === undefined ? 0 : nanoseconds(rates.meanDuration),
    MemoryUsage: memory,
    CPUUsage: cpu,
    GoroutineCount: activities,
  };
}

/** By name; a component that calls itself as something else is called stands beside it. */
function componentsOf(members: readonly MemberReading[]) {
  const components = new Map<string, ReturnType<typeof componentOf>>();
  for (const member of members) {
    const { name, kind } = member;
    components.set(components.has(name) ? `${kind}/${name}` : name, componentOf(member));
  }
  return Object.fromEntries(components);
}

const componentOf = ({ name, kind, critical, reading }: MemberReading) => ({
  Name: name,
  Status: capital(reading.status),
  LastCheck: timeOf(reading.at),
  Message: reading.message,
  // A Go program cannot decode anything else into an error.
  Error: null,
  Metrics: reading.metrics,
  Kind: kind,
  Critical: critical,
  Reason: reading.reason ?? "",
});

const timeOf = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
const nanoseconds = (length: Seconds): number => Math.round(length * 1e9);

const capital = (status: TargetStatus): string => `${status.charAt(0).toUpperCase()}${status.slice(1)}`;
