import { defined } from "../core/defined.ts";
import type { Blocker } from "../core/dependency.ts";
import { elapsed, type Seconds, seconds, type Timestamp } from "../core/units.ts";

/** The waiting of one target or heartbeat for what it depends on. */
export type Phase =
  /** Nothing to wait for: a failure is its own. */
  | { readonly kind: "free" }
  /** It fails, and its dependency may be about to be found down. */
  | { readonly kind: "doubtful"; readonly dependency: string }
  /** Its dependency is down. */
  | { readonly kind: "blocked"; readonly dependency: string }
  /** Its dependency has recovered, and it may follow until this time of the monotonic clock. */
  | { readonly kind: "settling"; readonly dependency: string; readonly until: Seconds };

/** The memory of one target or heartbeat with dependencies. */
export interface Waiting {
  readonly phase: Phase;
  /** When it was first seen to fail, by both clocks; absent while it works. */
  readonly failing?: { readonly at: Timestamp; readonly since: Seconds };
}

/** A dependency that is not known to be down. */
export interface Suspect {
  readonly name: string;
  /** Start of its newest successful probe, or its last report; absent if its newest probe failed. */
  readonly goodAt?: Timestamp;
  /** Time after which it would have been found down. */
  readonly noticeTime: Seconds;
}

/** The state of a target or heartbeat and its dependencies at one moment. */
export interface Observation {
  readonly now: Timestamp;
  /** Time of the monotonic clock. */
  readonly monotonic: Seconds;
  /** True if it is down, or its newest probe failed. */
  readonly isFailing: boolean;
  /** Name of the dependency that is down. */
  readonly down: string | undefined;
  readonly suspects: readonly Suspect[];
  /** Time within which it recovers after its dependency has, if it does. */
  readonly settleTime: Seconds;
}

/** The waiting of what works. */
export const FREE: Waiting = { phase: { kind: "free" } };

/** Returns the waiting after an observation. */
export function step({ phase, failing: before }: Waiting, observation: Observation): Waiting {
  const { isFailing, now, monotonic } = observation;
  const failing = isFailing ? (before ?? { at: now, since: monotonic }) : undefined;
  return { phase: nextPhase(phase, failing, observation), ...defined({ failing }) };
}

function nextPhase(
  phase: Phase,
  failing: Waiting["failing"],
  { down, monotonic, settleTime, suspects }: Observation,
): Phase {
  if (down !== undefined) return { kind: "blocked", dependency: down };
  if (failing === undefined) return FREE.phase;
  if (phase.kind === "blocked") {
    return { kind: "settling", dependency: phase.dependency, until: seconds(monotonic + settleTime) };
  }
  if (phase.kind === "settling" && monotonic < phase.until) return phase;
  const suspect = suspects.find(
    ({ goodAt, noticeTime }) =>
      // One that has worked since is not the cause, and one that was to be noticed by now is not down.
      (goodAt === undefined || elapsed(failing.at, goodAt) <= 0) && monotonic < failing.since + noticeTime,
  );
  return suspect === undefined ? FREE.phase : { kind: "doubtful", dependency: suspect.name };
}

/** Returns the dependency to wait for; `undefined` if there is none. */
export function blockerOf({ phase }: Waiting): Blocker | undefined {
  return phase.kind === "free" ? undefined : { name: phase.dependency, isDown: phase.kind === "blocked" };
}
