import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { Route, RouteMember } from "../core/route.ts";
import { redactAddress } from "../core/secret.ts";
import type { TargetStatus } from "../core/status.ts";
import type { Target } from "../core/target.ts";
import type { Asker } from "../engine/ask.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Election } from "../leadership/election.ts";
import type { RouteEffect, Usability } from "../routing/machine.ts";
import { createRoutes, type MemberView, type Routes, type RouteView } from "../routing/routes.ts";
import { conditionOf } from "./condition.ts";
import type { ConfigIndex } from "./config-index.ts";

interface RoutingParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly history: History;
  readonly presence: Presence;
  readonly index: ConfigIndex;
  readonly ask: Pick<Asker, "latest" | "skip">;
  readonly state: (target: Target) => FailoverState;
  readonly health: GroupHealth;
  readonly election: Pick<Election, "leads">;
}

/** Builds the routes, which choose by the states of targets and groups. */
export function createRouting(parts: RoutingParts): Routes {
  const { clock, log, memory, history, presence, election } = parts;
  const routes = createRoutes({
    clock,
    store: memory.namespace("routes"),
    member: (member, route) => memberOf(parts, member, route),
    leads: () => election.leads() !== false,
    onUnreadable: (route) =>
      log.warn({ route }, "the stored choice of a route cannot be read and is left out"),
    onEffect(route, effect, view) {
      logEffect(log, route, effect, view);
      const { use } = view.state;
      // The choice may stay the same, which tells nothing of what it is worth.
      if (effect.kind === "exhausted" && use !== undefined) {
        const cause = effect.now ? "exhausted" : "recovered";
        history.record({ kind: "route", at: clock.now(), subject: route.name, cause, from: use, to: use });
      }
      if (effect.kind === "changed")
        history.record({
          kind: "route",
          at: clock.now(),
          subject: route.name,
          cause: effect.cause,
          ...defined({ from: effect.from, to: effect.to, detail: explanationOf(effect.from, view) }),
        });
    },
  });
  presence.onGap(() => routes.resume());
  return routes;
}

type MemberReading = Omit<MemberView, "excluded">;

function memberOf(parts: RoutingParts, member: RouteMember, route: Route): MemberReading {
  const { kind, name } = member;
  if (member.tooExpensive === true)
    return { kind, name, usability: "unusable", status: "unknown", reason: "max_cost" };
  if (kind === "group") return groupMember(name, parts, route);
  const target = parts.index.current().targets.get(name);
  if (target === undefined) return { kind, name, usability: "unknown", status: "unknown", reason: "unknown" };
  const { state, status, latest, degraded } = conditionOf(parts, target);
  const outcome = latest?.result.outcome;
  const failure = outcome === undefined || outcome.ok ? undefined : outcome.reason;
  const isExcludedReason = failure !== undefined && route.excludeReasons.has(failure);
  const usability =
    status !== "unknown" && (state.mode === "fallback" || isExcludedReason)
      ? "unusable"
      : usabilityOf(status, route);
  return {
    kind,
    name,
    usability,
    status,
    mode: state.mode,
    since: state.modeSince,
    address: redactAddress(target.address),
    ...defined({
      model: target.model,
      reason: usability === "usable" ? undefined : (failure ?? degraded?.reason ?? status),
    }),
  };
}

function groupMember(name: string, { health }: RoutingParts, route: Route): MemberReading {
  const status = health.group(name)?.status ?? "unknown";
  const usability = usabilityOf(status, route);
  return {
    kind: "group",
    name,
    usability,
    status,
    ...defined({ reason: usability === "usable" ? undefined : status }),
  };
}

function usabilityOf(status: TargetStatus, { skipDegraded }: Route): Usability {
  switch (status) {
    case "healthy":
      return "usable";
    case "degraded":
      return skipDegraded ? "unusable" : "usable";
    case "unhealthy":
      return "unusable";
    case "unknown":
      return "unknown";
  }
}

/** Says why the route left a member: `openai: auth`. */
function explanationOf(left: string | undefined, { members }: RouteView): string | undefined {
  const member = members.find(({ name }) => name === left);
  return member?.reason === undefined ? undefined : `${member.name}: ${member.reason}`;
}

function logEffect(log: Log, { name }: Route, effect: RouteEffect, view: RouteView): void {
  if (effect.kind === "exhausted") {
    if (effect.now) log.warn({ route: name, use: view.state.use }, "route has no usable member");
    else log.info({ route: name, use: view.state.use }, "route has a usable member again");
    return;
  }
  const { from, to, cause } = effect;
  const fields = { route: name, ...defined({ from, to, reason: explanationOf(from, view) }), cause };
  if (cause === "start") log.info(fields, "route starts");
  else log.warn(fields, "route changed");
}
