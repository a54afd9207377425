import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import { createLogBudget } from "./log-budget.ts";

/** Kinds of routes by their credentials. `web` is everything that only basic authentication guards. */
export const GUARDS = ["ping", "relay", "action", "component", "control", "web"] as const;
/** One of `GUARDS`. */
export type Guard = (typeof GUARDS)[number];

/**
 * The problem with the credentials of a refused request. A password of basic authentication is `unchecked` if too many are
 * guessed.
 */
export const CREDENTIAL_PROBLEMS = ["missing", "wrong", "unchecked"] as const;
/** One of `CREDENTIAL_PROBLEMS`. */
export type CredentialProblem = (typeof CREDENTIAL_PROBLEMS)[number];

/** A request that was refused because of its credentials. */
export interface AuthFailure {
  readonly guard: Guard;
  readonly problem: CredentialProblem;
  /** Name of the heartbeat, relay or action, if it is configured. An unknown name may be a secret in the wrong place. */
  readonly name?: string | undefined;
  /** Address of the client. */
  readonly from: string | undefined;
}

/** Counts requests that were refused because of their credentials, and logs some of them. */
export interface AuthFailures {
  record(failure: AuthFailure): void;
  counts(): Iterable<{ readonly guard: Guard; readonly problem: CredentialProblem; readonly count: number }>;
}

/** Starts at 0 for each kind of failure. */
export function createAuthFailures(clock: Clock, log: Log): AuthFailures {
  const tallies = GUARDS.flatMap((guard) =>
    CREDENTIAL_PROBLEMS.filter((problem) => problem !== "unchecked" || guard === "web").map((problem) => ({
      guard,
      problem,
      count: 0,
      logged: 0,
      // Guessing must not flood the log.
      budget: createLogBudget(clock),
    })),
  );
  return {
    record({ guard, problem, name, from }) {
      const tally = tallies.find((one) => one.guard === guard && one.problem === problem);
      if (tally === undefined) return;
      tally.count += 1;
      // A browser sends no credentials before it is asked for them.
      if (guard === "web" && problem === "missing") return;
      if (!tally.budget.take(from)) return;
      const since = tally.count - tally.logged;
      tally.logged = tally.count;
      const text = "requests were refused because of their credentials";
      log.warn({ guard, credentials: problem, name, from, refused: since }, text);
    },
    counts: () => tallies.map(({ guard, problem, count }) => ({ guard, problem, count })),
  };
}
