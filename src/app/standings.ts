import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { Result } from "../core/result.ts";
import { degradationOf, isStale, type Standing, targetStatus } from "../core/status.ts";
import { identityOf, type Target } from "../core/target.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { GroupReading } from "../groups/groups.ts";
import type { Reading } from "../groups/reading.ts";

/** The parts that know targets. */
export interface StandingParts {
  readonly clock: Clock;
  readonly ask: Pick<Asker, "latest">;
  readonly state: (target: Target) => FailoverState;
  readonly blockedBy: BlockedBy;
}

/** Tells the standings of targets, as far as this run of the exporter knows them. */
export interface TargetStandings {
  /**
   * Returns the standing of a target; `undefined` if its last one stands: until its first result since the start, unless it
   * has become stale since then, and after a failure that does not count yet.
   */
  of(target: Target): Standing | undefined;
  /** Forgets when targets were first seen that are no longer configured. */
  retain(identities: { has(identity: string): boolean }): void;
}

/** Creates the standings. The silence of a target is counted from its first call. */
export function createTargetStandings({ clock, ask, state, blockedBy }: StandingParts): TargetStandings {
  const firstSeen = new Map<string, Timestamp>();

  const isKnown = (target: Target, latest: Result | undefined): boolean => {
    // A restored result has no number.
    if (latest !== undefined && latest.id > 0) return true;
    const identity = identityOf(target);
    const since = firstSeen.get(identity) ?? clock.now();
    firstSeen.set(identity, since);
    const memory = state(target);
    if (memory.lastHeldAt !== undefined && memory.lastHeldAt >= since) return true;
    const lastProbeAt = timestamp(Math.max(since, memory.lastProbeAt ?? since));
    return isStale(target, { ...memory, lastProbeAt }, clock.now());
  };

  return {
    of(target) {
      const latest = ask.latest(target)?.result;
      if (!isKnown(target, latest)) return undefined;
      const memory = state(target);
      const status = targetStatus(target, memory, latest, clock.now());
      const blocked = status === "healthy" ? {} : defined({ blockedBy: blockedBy("target", target.name) });
      if (isStale(target, memory, clock.now())) return { status, cause: "stale", ...blocked };
      // A failed probe below the threshold is no reason to call a target healthy again.
      if (status === "healthy" && latest?.outcome.ok === false) return undefined;
      return { status, ...(latest === undefined ? {} : explanation(target, latest)), ...blocked };
    },
    retain(identities) {
      for (const identity of firstSeen.keys()) if (!identities.has(identity)) firstSeen.delete(identity);
    },
  };
}

function explanation(target: Target, latest: Result): Omit<Standing, "status"> {
  const { outcome } = latest;
  if (!outcome.ok) return { cause: outcome.reason, quotation: outcome.detail };
  const degraded = degradationOf(target, latest);
  return degraded === undefined ? {} : { cause: degraded.reason, detail: degraded.detail };
}

/** Returns the standing of a component. */
export const componentStanding = ({ status, message, expired }: Reading): Standing => ({
  status,
  cause: expired === true ? "silent" : "reported",
  ...defined({ detail: message === "" ? undefined : message }),
});

/** Most members that an explanation names for each status. */
const MOST_NAMED = 5;

/** Returns the standing of a group, with the members that are not healthy. */
export function groupStanding({ status, members }: GroupReading): Standing {
  const parts = (["unhealthy", "unknown", "degraded"] as const).flatMap((one) => {
    const names = members.filter(({ reading }) => reading.status === one).map(({ name }) => name);
    if (names.length === 0) return [];
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
    return [`${one}: ${names.slice(0, MOST_NAMED).join(", ")}${more}`];
  });
  return { status, ...(parts.length === 0 ? {} : { detail: parts.join("; ") }) };
}
