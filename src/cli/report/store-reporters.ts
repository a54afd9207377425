import type { Config } from "../../config/config.ts";
import { defined } from "../../core/defined.ts";
import type { TargetStatus } from "../../core/status.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import { readReport } from "../../groups/component-report.ts";
import { readStored } from "../../heartbeats/stored.ts";
import type { BeatFacts, ComponentFacts } from "../../report/reporters.ts";
import { readState } from "../../store/reader.ts";

/** Age of the last write of an exporter after which the file says nothing about the present: the staleness of Prometheus. */
const STALE_AFTER = seconds(300);

const STATUSES = { online: "healthy", offline: "unhealthy", unknown: "unknown" } as const;

/** Reads the heartbeats that ping from a store. Their kinds, owners and timeouts come from the configuration, if there is one. */
export function storedBeats(path: string, config: Config | undefined, now: Timestamp): readonly BeatFacts[] {
  const { alive, values } = readState(path, "heartbeats");
  const configured = new Map(config?.push.heartbeats.map((one) => [one.name, one]));
  const stored = Array.from(values, ([name, value]): BeatFacts | undefined => {
    const beat = readStored(value);
    if (beat === undefined) return undefined;
    const one = configured.get(name);
    configured.delete(name);
    const { state, facts } = beat;
    return {
      name,
      source: "push",
      kind: one?.kind ?? config?.push.registration?.kind ?? "",
      critical: one?.critical ?? false,
      status: isStale(alive, now) ? "unknown" : STATUSES[state.status],
      ...defined({
        hostname: one?.hostname ?? facts?.hostname,
        owner: one?.owner ?? facts?.owner,
        timeout: one?.timeout,
        lastSeen: state.lastSeen,
      }),
    };
  });
  const never = Array.from(configured.values(), ({ name, kind, hostname, owner, critical, timeout }) => ({
    name,
    kind,
    critical,
    timeout,
    source: "push" as const,
    status: "unknown" as const,
    ...defined({ hostname, owner }),
  }));
  return [...stored.filter((one) => one !== undefined), ...never];
}

/** Reads the components from a store. An expired report makes a component unknown. */
export function storedComponents(path: string, now: Timestamp): readonly ComponentFacts[] {
  const { alive, values } = readState(path, "components");
  return Array.from(values, ([name, value]): ComponentFacts | undefined => {
    if (typeof value !== "object" || value === null) return undefined;
    const { reportedAt, ttl, awayFor = 0, ...fields } = value as Readonly<Record<string, unknown>>;
    if (typeof reportedAt !== "number" || typeof ttl !== "number" || typeof awayFor !== "number")
      return undefined;
    const report = readReport(name, { ...fields, ttl: `${Math.round(ttl * 1000)}ms` });
    if ("refused" in report) return undefined;
    const { status, message, critical, group } = report;
    const isExpired = elapsed(timestamp(reportedAt), now) - awayFor >= ttl;
    const present: TargetStatus = isExpired || isStale(alive, now) ? "unknown" : status;
    return {
      name,
      critical,
      message,
      status: present,
      lastReport: timestamp(reportedAt),
      ...defined({ group }),
    };
  }).filter((one) => one !== undefined);
}

const isStale = (alive: Timestamp | undefined, now: Timestamp): boolean =>
  alive === undefined || elapsed(alive, now) > STALE_AFTER;
