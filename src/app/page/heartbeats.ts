import { defined } from "../../core/defined.ts";
import type { HeartbeatState } from "../../core/heartbeat.ts";
import type { PushSchedule } from "../../core/push-heartbeat.ts";
import type { TargetStatus } from "../../core/status.ts";
import { formatDuration } from "../../core/units.ts";
import { beatReading } from "../../groups/reading.ts";
import type { PushView } from "../../heartbeats/view.ts";
import type { HeartbeatDetails, SubjectEntry, SubjectState } from "../../page/state.ts";
import type { ProbedHeartbeat } from "../../server/route-context.ts";
import type { PageParts } from "./parts.ts";

/** Returns the status of a heartbeat now. */
export const beatStatus = ({ clock }: Pick<PageParts, "clock">, beat: HeartbeatState): TargetStatus =>
  beatReading(beat, clock.now()).status;

/** Returns the part of a push heartbeat that filters and counts need. */
export const pushEntry = (parts: PageParts, { heartbeat, beat }: PushView): SubjectEntry => ({
  kind: "heartbeat",
  name: heartbeat.name,
  status: beatStatus(parts, beat),
  labels: heartbeat.labels,
  groups: parts.groupsOf({ kind: "heartbeat", name: heartbeat.name }),
  words: [heartbeat.kind, heartbeat.hostname ?? "", heartbeat.owner ?? ""],
});

/** Returns the part of a heartbeat in a log or lease that filters and counts need. */
export const probedEntry = (parts: PageParts, { target, beat }: ProbedHeartbeat): SubjectEntry => ({
  kind: "heartbeat",
  name: beat.heartbeat,
  status: beatStatus(parts, beat),
  labels: target.labels,
  groups: parts.groupsOf({ kind: "heartbeat", name: beat.heartbeat }),
  words: [beat.source, target.name, target.hostname ?? ""],
});

const beatDetails = ({ source, lastSeen, timeout, down }: HeartbeatState) => ({
  source,
  timeout,
  ...defined({ lastSeen, down }),
});

/** Returns everything that is known of a push heartbeat now. */
export function pushState(parts: PageParts, push: PushView): SubjectState {
  const { heartbeat, beat, cause, nextExpected, runningSince } = push;
  const { hostname, owner, description, critical } = heartbeat;
  return {
    ...pushEntry(parts, push),
    ...beatFacts(parts, beat),
    ...defined({
      description,
      reason: cause,
      dependsOn: heartbeat.dependsOn?.map(({ name }) => name),
      blockedBy: cause === undefined ? undefined : parts.blockedBy("heartbeat", heartbeat.name),
    }),
    critical,
    heartbeat: {
      ...beatDetails(beat),
      kind: heartbeat.kind,
      ...defined({ hostname, owner, nextExpected, runningSince, schedule: scheduleText(heartbeat.schedule) }),
    },
  };
}

/** Returns everything that is known of a heartbeat in a log or lease now. */
export function probedState(parts: PageParts, probed: ProbedHeartbeat): SubjectState {
  const { target, beat } = probed;
  const { hostname } = target;
  return {
    ...probedEntry(parts, probed),
    ...beatFacts(parts, beat),
    critical: target.critical,
    heartbeat: {
      ...beatDetails(beat),
      kind: target.module.prober.kind,
      target: target.name,
      ...defined({ hostname }),
    },
  };
}

/** Returns the details of a heartbeat in a log or lease. */
export const probedDetails = ({ target, beat }: ProbedHeartbeat): HeartbeatDetails => ({
  ...beatDetails(beat),
  kind: target.module.prober.kind,
  target: target.name,
});

function beatFacts(
  { clock, statuses, maintenance }: PageParts,
  beat: HeartbeatState,
): Pick<SubjectState, "since" | "knownSince" | "reason" | "detail" | "lastSuccess" | "maintenance"> {
  const name = beat.heartbeat;
  const { status, message } = beatReading(beat, clock.now());
  const period = statuses.period("heartbeat", name);
  return {
    maintenance: maintenance.covers({ kind: "heartbeat", name }) === true,
    ...(status === "unhealthy" ? { reason: beat.down ?? "silence", detail: message } : {}),
    ...(status === "unknown" ? { reason: "never_seen" } : {}),
    ...defined({
      since: period?.status === status ? period.since : undefined,
      knownSince: period?.knownSince,
      lastSuccess: beat.lastSeen,
    }),
  };
}

function scheduleText(schedule: PushSchedule | undefined): string | undefined {
  if (schedule === undefined) return undefined;
  return schedule.kind === "cron"
    ? `${schedule.cron} (${schedule.timeZone})`
    : `every ${formatDuration(schedule.every)}`;
}
