import type { FailureReason } from "./reasons.ts";
import type { Seconds } from "./units.ts";

/** A member of a route: a target with failover, or a group. */
export interface RouteMember {
  readonly kind: "target" | "group";
  readonly name: string;
  /** Present if its model costs more than the route allows: it is never usable. */
  readonly tooExpensive?: true;
}

/** The choice of a route none of whose members is usable. */
export type WhenNone = "last" | "first" | "none";

/** An ordered list of members, of which the first usable one is to be used now. */
export interface Route {
  readonly name: string;
  readonly description?: string;
  /** Members by preference, each once. */
  readonly order: readonly RouteMember[];
  readonly whenNone: WhenNone;
  /** Time for which a preferred member has to be usable before the route returns to it. */
  readonly preferBackAfter: Seconds;
  /** Time for which a member that was not usable has to be usable before the route chooses it, while there is another. */
  readonly minDwell: Seconds;
  /** If true, degraded members are not usable. */
  readonly skipDegraded: boolean;
  /** Reasons for which the first failed probe makes a member unusable, before its failure threshold. */
  readonly excludeReasons: ReadonlySet<FailureReason>;
  /** Highest price of a member's model, in dollars per million tokens of output. */
  readonly maxCost?: number;
  readonly labels: Readonly<Record<string, string>>;
}
