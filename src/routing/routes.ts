import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { createEnds } from "../core/ends.ts";
import { retainKeys, type StateStore } from "../core/memory.ts";
import type { Route, RouteMember } from "../core/route.ts";
import type { TargetStatus } from "../core/status.ts";
import { seconds, type Timestamp } from "../core/units.ts";
import {
  initialRoute,
  type RouteEffect,
  type RouteEvent,
  type RouteState,
  step,
  type Usability,
} from "./machine.ts";
import { restoredRoute } from "./restored-route.ts";

/** The state of a member, with its usability. */
export interface MemberView {
  readonly name: string;
  readonly kind: RouteMember["kind"];
  readonly usability: Usability;
  readonly status: TargetStatus;
  /** The mode of a target; absent for a group. */
  readonly mode?: "primary" | "fallback";
  /** The reason why it is not usable; absent if it is. */
  readonly reason?: string;
  /** Time of its last change of mode; absent for a group. */
  readonly since?: Timestamp;
  /** Address and model of a target. */
  readonly address?: string;
  readonly model?: string;
  /** Present while an operator excludes it. */
  readonly excluded?: { readonly until?: Timestamp };
}

/** A route with its state and members at one moment. */
export interface RouteView {
  readonly route: Route;
  readonly state: RouteState;
  readonly members: readonly MemberView[];
  /** The member that would be used if the one in use failed now. */
  readonly next?: string;
  /** True if nothing confirms the choice now: this replica does not lead, or nothing is known of the member in use. */
  readonly stale: boolean;
}

/** A command of an operator. */
export type RouteCommand = Exclude<RouteEvent, { readonly kind: "evaluate" }>;

/** The routes of the configuration with their choices. */
export interface Routes {
  /** Replaces the routes. One with the same name keeps its state. */
  configure(routes: readonly Route[]): void;
  find(name: string): RouteView | undefined;
  list(): readonly RouteView[];
  /** Applies a command and returns the route after it. */
  command(name: string, command: RouteCommand): RouteView | undefined;
  /** Chooses again, after a result. */
  evaluate(): void;
  /** Counts the time for which members are usable from now on: the exporter did not run, and knows nothing of them. */
  resume(): void;
  /** Calls `listener` after each change of a choice, until the returned function is called. */
  subscribe(listener: (route: string) => void): () => void;
  stop(): void;
}

/** The parts that routes choose by. */
export interface RoutesDeps {
  readonly clock: Clock;
  readonly store: StateStore;
  /** Reads a member, without probing. */
  readonly member: (member: RouteMember, route: Route) => Omit<MemberView, "excluded">;
  /** False if another replica leads or none does: this one then keeps its last choice. */
  readonly leads: () => boolean;
  readonly onEffect: (route: Route, effect: RouteEffect, view: RouteView) => void;
  /** Called for a route whose stored state is malformed, so that it starts without one. */
  readonly onUnreadable: (route: string) => void;
}

/** Interval at which times expire: forced members, exclusions, and the time until a preferred member is used again. */
const TICK = seconds(1);

/** Creates the routes without any. */
export function createRoutes({ clock, store, member, leads, onEffect, onUnreadable }: RoutesDeps): Routes {
  let routes: ReadonlyMap<string, Route> = new Map();
  const states = new Map<string, RouteState>();
  const listeners = new Set<(route: string) => void>();
  const ends = createEnds(clock);

  const stateOf = (name: string): RouteState => states.get(name) ?? initialRoute(clock.now());

  const restoreOrStart = (name: string): RouteState => {
    const stored = store.get(name);
    if (stored === undefined) return initialRoute(clock.now());
    const restored = restoredRoute(stored);
    if (restored === undefined) onUnreadable(name);
    return restored ?? initialRoute(clock.now());
  };

  const viewOf = (route: Route): RouteView => {
    const state = stateOf(route.name);
    const members = route.order.map((one) => ({
      ...member(one, route),
      ...defined({ excluded: state.excluded[one.name] }),
    }));
    const inUse = members.find(({ name }) => name === state.use);
    const next = members.find(
      ({ name, usability, excluded }) =>
        name !== state.use && usability === "usable" && excluded === undefined,
    );
    return {
      route,
      state,
      members,
      stale: !leads() || inUse?.usability === "unknown",
      ...defined({ next: next?.name }),
    };
  };

  const run = (route: Route, event: RouteEvent): void => {
    // Without probes of its own a replica would find every member unknown.
    if (!leads() && event.kind === "evaluate") return;
    const before = stateOf(route.name);
    const usability = new Map(route.order.map((one) => [one.name, member(one, route).usability]));
    const { next, effects } = step(
      before,
      event,
      route,
      (name) => usability.get(name) ?? "unknown",
      clock.now(),
    );
    states.set(route.name, next);
    if (JSON.stringify(next) !== JSON.stringify(before)) store.put(route.name, next);
    if (effects.length === 0) return;
    const view = viewOf(route);
    for (const effect of effects) onEffect(route, effect, view);
    for (const listener of listeners) listener(route.name);
  };

  /**
   * Ends what the wall clock alone would end too late. How much is left of a time is known from the first call on, although the wall clock
   * may be set.
   */
  const expire = (route: Route): void => {
    const { forced, excluded } = stateOf(route.name);
    const hasPassed = (what: string, until?: Timestamp): boolean =>
      until !== undefined && ends.hasPassed(JSON.stringify([route.name, what]), until);
    if (forced !== undefined && hasPassed("forced", forced.until)) run(route, { kind: "auto" });
    for (const [target, { until }] of Object.entries(excluded))
      if (hasPassed(`excluded ${target}`, until)) run(route, { kind: "include", target });
  };
  const evaluate = (): void => {
    for (const route of routes.values()) {
      if (leads()) expire(route);
      run(route, { kind: "evaluate" });
    }
  };
  const tick = (): void => {
    evaluate();
    cancel = clock.after(TICK, tick);
  };
  let cancel = clock.after(TICK, tick);

  return {
    configure(list) {
      routes = new Map(list.map((route) => [route.name, route]));
      for (const name of states.keys()) if (!routes.has(name)) states.delete(name);
      retainKeys(store, routes);
      for (const name of routes.keys()) {
        if (!states.has(name)) states.set(name, restoreOrStart(name));
      }
    },
    find(name) {
      const route = routes.get(name);
      return route === undefined ? undefined : viewOf(route);
    },
    list: () => Array.from(routes.values(), viewOf),
    command(name, command) {
      const route = routes.get(name);
      if (route === undefined) return undefined;
      run(route, command);
      expire(route);
      return viewOf(route);
    },
    evaluate,
    resume() {
      for (const [name, state] of states) states.set(name, { ...state, usableSince: {} });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => cancel(),
  };
}
