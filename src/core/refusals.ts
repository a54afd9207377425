import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { createLogBudget } from "./log-budget.ts";

/**
 * Reasons for which requests are refused whatever their credentials are: a foreign `Host`, too many wrong control tokens from their
 * source, or too many new heartbeats from it.
 */
export const REFUSAL_REASONS = ["host", "control_rate", "registration_rate"] as const;
/** One of `REFUSAL_REASONS`. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A refused request. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** For the log: one line, without secrets. */
  readonly detail: string;
  /** Address of the client. */
  readonly from: string | undefined;
}

/** Counts refused requests, and logs some of them. */
export interface Refusals {
  record(refusal: Refusal): void;
  counts(): Iterable<{ readonly reason: RefusalReason; readonly count: number }>;
}

/** Starts at 0 for each reason. */
export function createRefusals(clock: Clock, log: Log): Refusals {
  const tallies = REFUSAL_REASONS.map((reason) => ({
    reason,
    count: 0,
    logged: 0,
    budget: createLogBudget(clock),
  }));
  return {
    record({ reason, detail, from }) {
      const tally = tallies.find((one) => one.reason === reason);
      if (tally === undefined) return;
      tally.count += 1;
      if (!tally.budget.take(from)) return;
      const refused = tally.count - tally.logged;
      tally.logged = tally.count;
      log.warn({ reason, from, refused, detail }, "requests were refused");
    },
    counts: () => tallies.map(({ reason, count }) => ({ reason, count })),
  };
}
