import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { EventFacts } from "../core/history.ts";
import type { Notice, NoticeEvent, NoticeSubject } from "../core/notice.ts";
import { componentSubject, groupSubject, heartbeatSubject, targetSubject } from "../core/notice-subjects.ts";
import type { Failure } from "../core/prober.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Components } from "../groups/components.ts";
import type { GroupReading } from "../groups/groups.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import type { Hold } from "../notify/notices/decide.ts";
import type { ConfigIndex } from "./config-index.ts";

/** The parts of the exporter that know what notices are about. */
export interface NoticeParts {
  readonly clock: Clock;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest">;
  readonly state: (target: Target) => FailoverState;
  readonly pushes: Register;
  readonly components: Pick<Components, "reading">;
  readonly health: Pick<GroupHealth, "group">;
  readonly maintenance: Pick<Maintenance, "covers">;
  /** Returns the name of what a subject depends on and that is down; `undefined` if nothing is. */
  readonly blockedBy: (kind: "target" | "heartbeat", name: string) => string | undefined;
  /** Returns false on a replica that does not lead. */
  readonly leads: () => boolean;
}

const BY_STATUS: Readonly<Record<string, NoticeEvent>> = {
  healthy: "up",
  degraded: "degraded",
  unhealthy: "down",
  unknown: "unknown",
};

const BY_CERTIFICATE: Readonly<Record<string, NoticeEvent>> = {
  valid: "certificate_renewed",
  expiring: "certificate_expiring",
  expired: "certificate_expired",
};

const STALE = "no probe has brought a result in time";

/** Returns the detail of the failure that was the cause of an event. */
const detailOf = (failure: Failure | undefined, cause: string | undefined): string | undefined =>
  failure?.reason === cause ? failure?.detail : undefined;

/** Converts events to notices for people; `undefined` for an event that is not told. */
export function createNoticeOf(parts: NoticeParts): (event: EventFacts) => Notice | undefined {
  const { index, pushes, state, ask, leads } = parts;

  const ofTarget = (fact: EventFacts, event: NoticeEvent): Notice | undefined => {
    const target = index.current().targets.get(fact.subject);
    if (target === undefined) return undefined;
    const outcome = ask.latest(target)?.result.outcome;
    const failure = outcome?.ok === false ? outcome : undefined;
    // The mode changes because of failures, whose reason says more than the threshold.
    const cause = fact.kind === "status" ? fact.cause : failure?.reason;
    const isAboutProbe = fact.kind === "status" || fact.kind === "mode";
    return {
      subject: targetSubject(target),
      event,
      at: fact.at,
      ...defined({
        reason: isAboutProbe ? cause : undefined,
        detail:
          fact.detail ?? (cause === "stale" ? STALE : isAboutProbe ? detailOf(failure, cause) : undefined),
        lastSuccess: state(target).lastSuccessAt,
      }),
    };
  };

  const ofHeartbeat = ({ subject: name, to, at, cause }: EventFacts): Notice | undefined => {
    const push = pushes.find(name);
    if (push === undefined) return undefined;
    const event = to === "up" ? "back" : cause === "fail" ? "failed" : "missed";
    const { lastSeen } = push.beat;
    const reason = cause === "start_overdue" ? "a run did not end in time" : undefined;
    return {
      subject: heartbeatSubject(push.heartbeat),
      event,
      at,
      ...defined({ reason, detail: push.heartbeat.description, lastSuccess: lastSeen }),
    };
  };

  const ofMany = (subject: NoticeSubject, { to = "", at, cause, detail }: EventFacts): Notice | undefined => {
    const event = BY_STATUS[to];
    if (event === undefined) return undefined;
    return { subject, event, at, ...defined({ reason: cause === "silent" ? cause : undefined, detail }) };
  };

  return (fact) => {
    const { kind, to = "", subject: name } = fact;
    switch (kind) {
      case "status": {
        const event = BY_STATUS[to];
        // A replica that does not lead knows nothing of the targets that the leader probes.
        if (event === undefined || (event === "unknown" && !leads())) return undefined;
        return ofTarget(fact, event);
      }
      case "mode":
        return ofTarget(fact, to === "fallback" ? "fallback" : "recovered");
      case "overdue":
        return ofTarget(fact, "fallback_overdue");
      case "certificate": {
        const event = BY_CERTIFICATE[to];
        return event === undefined ? undefined : ofTarget(fact, event);
      }
      case "budget":
        return ofTarget(fact, to === "exhausted" ? "budget_exhausted" : "budget_available");
      case "heartbeat":
        return ofHeartbeat(fact);
      case "group": {
        const group = index.current().groups.get(name);
        return group === undefined ? undefined : ofMany(groupSubject(group), fact);
      }
      case "component":
        return ofMany(componentSubject(name, index.current().groups.values()), fact);
      case "health":
      case "forced":
      case "force_ended":
      case "reload":
        return undefined;
    }
  };
}

/** Time that a recovery may take beyond the probes that it needs. */
const SLACK = seconds(20);

/** Returns the function that tells why a notice is held back: maintenance, or something that its subject depends on. */
export function createHoldOf(parts: NoticeParts): (notice: Notice) => Hold | undefined {
  const { maintenance, health, blockedBy, index } = parts;

  /** Reports whether everything that is wrong with a group is under maintenance. */
  const isMaintained = ({ members }: GroupReading): boolean => {
    const wrong = members.filter(({ reading }) => reading.status !== "healthy");
    return (
      wrong.length > 0 &&
      wrong.every(({ kind, name }) => {
        if (kind === "target" || kind === "heartbeat") return maintenance.covers({ kind, name }) === true;
        const inner = kind === "group" ? health.group(name) : undefined;
        return inner !== undefined && isMaintained(inner);
      })
    );
  };

  /** Returns how long a target, or the slowest target of a group, takes to be healthy again. */
  const settleTime = (kind: NoticeSubject["kind"], name: string): Seconds => {
    const { targets, groups } = index.current();
    const target = kind === "target" ? targets.get(name) : undefined;
    const members = kind === "group" ? (groups.get(name)?.members ?? []) : [];
    const own = target === undefined ? 0 : target.interval * target.thresholds.successes;
    return seconds(Math.max(SLACK + own, ...members.map((member) => settleTime(member.kind, member.name))));
  };

  const kindOf = ({ kind, name }: NoticeSubject): Hold["kind"] | undefined => {
    if (kind === "component") return undefined;
    if (kind === "group") {
      const group = health.group(name);
      return group !== undefined && isMaintained(group) ? "maintenance" : undefined;
    }
    if (maintenance.covers({ kind, name }) === true) return "maintenance";
    return blockedBy(kind, name) === undefined ? undefined : "dependency";
  };

  return ({ subject }) => {
    const kind = kindOf(subject);
    return kind === undefined ? undefined : { kind, settle: settleTime(subject.kind, subject.name) };
  };
}

/** Returns the function that tells whether the subject of a notice is still configured or registered. */
export const createExists =
  ({ index, pushes, components }: NoticeParts) =>
  ({ kind, name }: NoticeSubject): boolean => {
    switch (kind) {
      case "target":
        return index.current().targets.has(name);
      case "heartbeat":
        return pushes.has(name);
      case "group":
        return index.current().groups.has(name);
      case "component":
        return components.reading(name) !== undefined;
    }
  };
