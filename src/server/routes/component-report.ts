import type { Request, Response } from "express";
import type { TargetStatus } from "../../core/status.ts";
import { rfc3339, type Seconds, type Timestamp } from "../../core/units.ts";
import type { GroupReading, MemberReading } from "../../groups/groups.ts";
import { chooseGroup } from "../choose.ts";
import { refuseJson } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";

/**
 * `GET /report[?group=]`: a group, or everything, with its members and the exporter's own statistics. Keys and types are
 * those that Go's encoding/json gives the untagged struct `HealthReport`, so that a Go program can decode it: times are
 * RFC 3339 or null, durations whole nanoseconds.
 */
export const reportRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const chosen = chooseGroup(context, req);
    if (chosen.kind === "refused") return refuseJson(res, 404, chosen.text);
    const reading = chosen.kind === "group" ? chosen.reading : context.health.everything();
    res.json(reportOf(context, reading));
  };

function reportOf({ version, processStats }: RouteContext, { status, members, at }: GroupReading) {
  const { uptime, rates, queued, memory, cpu, activities } = processStats();
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

/** Returns the members by name. Of several with one name, the later ones get their kind as a prefix. */
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
  // Go cannot decode any other value into an error.
  Error: null,
  Metrics: reading.metrics,
  Kind: kind,
  Critical: critical,
  Reason: reading.reason ?? "",
});

const timeOf = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
const nanoseconds = (length: Seconds): number => Math.round(length * 1e9);

const capital = (status: TargetStatus): string => `${status.charAt(0).toUpperCase()}${status.slice(1)}`;
