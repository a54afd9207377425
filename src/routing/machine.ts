import { defined } from "../core/defined.ts";
import type { Route } from "../core/route.ts";
import { after, elapsed, type Seconds, type Timestamp, timestamp } from "../core/units.ts";

/** Reports whether a member can be used: `unknown` if nothing is known of it now. */
export type Usability = "usable" | "unusable" | "unknown";

/** The state of one route. Immutable; `step` returns the next one. Plain JSON, as it is stored. */
export interface RouteState {
  /** The member in use; absent if there is none. */
  readonly use?: string;
  /** Time of the last change of `use`. */
  readonly since: Timestamp;
  /** Number of changes from one member to another, or to none. */
  readonly changes: number;
  /** True if no member is usable, so that `use` follows the rule for that. */
  readonly exhausted: boolean;
  /** True if that was reported. At a start, while nothing is known of any member, it is not. */
  readonly reported: boolean;
  /** The members that are usable now, with the time since when. */
  readonly usableSince: Readonly<Record<string, Timestamp>>;
  /** Members that have failed, or of which nothing was known any more, and that have to be usable for a while first. */
  readonly distrusted: readonly string[];
  /** Present while an operator forces a member; without `until`, it lasts until `auto`. */
  readonly forced?: { readonly target: string; readonly until?: Timestamp };
  /** Members that an operator has excluded; without `until`, until they are included again. */
  readonly excluded: Readonly<Record<string, { readonly until?: Timestamp }>>;
}

/** The part of a route that decides. */
export type RoutePolicy = Pick<Route, "order" | "whenNone" | "preferBackAfter" | "minDwell">;

/** An input of the machine. */
export type RouteEvent =
  /** Members may have changed, or time has passed. */
  | { readonly kind: "evaluate" }
  | { readonly kind: "force"; readonly target: string; readonly lasting?: Seconds }
  | { readonly kind: "auto" }
  | { readonly kind: "exclude"; readonly target: string; readonly lasting?: Seconds }
  | { readonly kind: "include"; readonly target: string };

/** The cause of a change: a member, or an operator. */
export type RouteCause =
  | "start"
  /** The member in use became unusable. */
  | "unusable"
  /** A preferred member has been usable for long enough. */
  | "preferred"
  /** No member is usable. */
  | "exhausted"
  /** A member is usable after there was none. */
  | "recovered"
  | "forced"
  | "excluded"
  | "auto";

/** A change to report. */
export type RouteEffect =
  | {
      readonly kind: "changed";
      readonly from?: string;
      readonly to?: string;
      readonly cause: RouteCause;
    }
  | { readonly kind: "exhausted"; readonly now: boolean };

/** The present usability of each member. */
export type Members = (name: string) => Usability;

/** The outcome of a step. */
export interface RouteStep {
  readonly next: RouteState;
  readonly effects: readonly RouteEffect[];
}

/** Returns the state of a route before its first step, when nothing is known of its members. */
export const initialRoute = (at: Timestamp): RouteState => ({
  since: at,
  changes: 0,
  exhausted: true,
  reported: false,
  usableSince: {},
  distrusted: [],
  excluded: {},
});

/**
 * Steps the machine of a route. Pure: time and the usability of members come with the call, so replicas with the same inputs
 * choose alike.
 *
 * The first usable member in order is used. A member that was unusable is chosen again only after it has been usable for
 * `preferBackAfter` if it is preferred to the one in use, else for `minDwell`. While the one in use is unusable and no other
 * is ready, the route keeps it for `minDwell` after its last change, and then takes what is usable. An excluded member is
 * never chosen, and one of which nothing is known only if none is usable.
 */
export function step(
  before: RouteState,
  event: RouteEvent,
  policy: RoutePolicy,
  members: Members,
  at: Timestamp,
): RouteStep {
  const state = observe(expire(apply(before, event, at), policy, at), policy, members, at);
  const { use, cause, exhausted } = choose(state, event, policy, members, at);
  const isChange = use !== state.use;
  const reported = exhausted && (state.reported || state.distrusted.length > 0);
  const { use: _before, ...rest } = state;
  const next: RouteState = {
    ...rest,
    ...defined({ use }),
    exhausted,
    reported,
    ...(isChange ? { since: at, changes: state.changes + (state.use === undefined ? 0 : 1) } : {}),
  };
  const effects: RouteEffect[] = [];
  if (isChange) effects.push({ kind: "changed", ...defined({ from: state.use, to: use }), cause });
  if (reported !== before.reported) effects.push({ kind: "exhausted", now: reported });
  return { next, effects };
}

/** Applies the command of an operator. */
function apply(state: RouteState, event: RouteEvent, at: Timestamp): RouteState {
  switch (event.kind) {
    case "evaluate":
      return state;
    // The last command about a member counts: a forced one is not excluded, and an excluded one not forced.
    case "force":
      return {
        ...apply(state, { kind: "include", target: event.target }, at),
        forced: { target: event.target, ...untilOf(event.lasting, at) },
      };
    case "auto": {
      const { forced: _ended, ...rest } = state;
      return rest;
    }
    case "exclude": {
      const rest = state.forced?.target === event.target ? apply(state, { kind: "auto" }, at) : state;
      return { ...rest, excluded: { ...rest.excluded, [event.target]: untilOf(event.lasting, at) } };
    }
    case "include": {
      const { [event.target]: _included, ...excluded } = state.excluded;
      return { ...state, excluded };
    }
  }
}

const untilOf = (lasting: Seconds | undefined, at: Timestamp): { readonly until?: Timestamp } =>
  lasting === undefined ? {} : { until: after(at, lasting) };

/** Ends what was limited in time, and what concerns members that the route no longer has. */
function expire({ forced, ...state }: RouteState, { order }: RoutePolicy, at: Timestamp): RouteState {
  const holds = (name: string, until?: Timestamp): boolean =>
    order.some((member) => member.name === name) && (until === undefined || until > at);
  return {
    ...state,
    excluded: Object.fromEntries(
      Object.entries(state.excluded).filter(([name, { until }]) => holds(name, until)),
    ),
    ...(forced !== undefined && holds(forced.target, forced.until) ? { forced } : {}),
  };
}

/** Updates since when members are usable. */
function observe(
  state: RouteState,
  { order, preferBackAfter, minDwell }: RoutePolicy,
  members: Members,
  at: Timestamp,
): RouteState {
  const distrusted = new Set(state.distrusted);
  const usableSince: Record<string, Timestamp> = {};
  for (const { name } of order) {
    const before = state.usableSince[name];
    const usability = members(name);
    if (usability !== "usable") {
      // At a start nothing is known of a member, which is nothing against it.
      if (usability === "unusable" || before !== undefined) distrusted.add(name);
      continue;
    }
    // A clock that was set back must not make a member wait for the future.
    const since = timestamp(Math.min(before ?? at, at));
    usableSince[name] = since;
    // Long enough for everything that the machine asks of it.
    if (elapsed(since, at) >= Math.max(preferBackAfter, minDwell)) distrusted.delete(name);
  }
  const known = order.flatMap(({ name }) => (distrusted.has(name) ? [name] : []));
  return { ...state, usableSince, distrusted: known };
}

interface Choice {
  readonly use: string | undefined;
  readonly cause: RouteCause;
  readonly exhausted: boolean;
}

function choose(
  state: RouteState,
  event: RouteEvent,
  policy: RoutePolicy,
  members: Members,
  at: Timestamp,
): Choice {
  const order = policy.order.map(({ name }) => name);
  const admitted = order.filter((name) => state.excluded[name] === undefined);
  const usable = admitted.filter((name) => members(name) === "usable");
  const exhausted = usable.length === 0;
  if (state.forced !== undefined) return { use: state.forced.target, cause: "forced", exhausted };
  if (exhausted) {
    const cause = state.use === undefined ? "start" : "exhausted";
    return { use: whenNone(state, policy, admitted), cause, exhausted };
  }

  const isInUse = (name: string): boolean => name === state.use;
  // Without a member in use that the route still has, none is preferred to it.
  const place = order.findIndex(isInUse);
  const isPreferred = (name: string): boolean => order.indexOf(name) < place;
  const age = (name: string): number => {
    const since = state.distrusted.includes(name) ? state.usableSince[name] : undefined;
    return since === undefined ? Number.POSITIVE_INFINITY : elapsed(since, at);
  };
  const isReady = (name: string): boolean =>
    age(name) >= (isPreferred(name) ? policy.preferBackAfter : policy.minDwell);
  if (usable.some(isInUse)) {
    const better = usable.find((name) => isPreferred(name) && isReady(name));
    return { use: better ?? state.use, cause: "preferred", exhausted };
  }
  const cause = causeOf(state, event, order);
  const ready = usable.find(isReady);
  if (ready !== undefined) return { use: ready, cause, exhausted };
  const used = elapsed(state.since, at);
  // A clock that was set back must not keep a member that fails.
  if (admitted.some(isInUse) && used >= 0 && used < policy.minDwell)
    return { use: state.use, cause, exhausted };
  return { use: usable.find((name) => !isPreferred(name)) ?? usable[0], cause, exhausted };
}

function whenNone(
  { use }: RouteState,
  { whenNone: rule }: RoutePolicy,
  admitted: readonly string[],
): string | undefined {
  if (rule === "none") return undefined;
  const last = rule === "last" ? admitted.find((name) => name === use) : undefined;
  return last ?? admitted[0];
}

function causeOf(
  { use, changes, excluded }: RouteState,
  event: RouteEvent,
  order: readonly string[],
): RouteCause {
  if (use === undefined) return changes === 0 ? "start" : "recovered";
  if (!order.includes(use)) return "start";
  if (excluded[use] !== undefined) return "excluded";
  return event.kind === "auto" ? "auto" : "unusable";
}
