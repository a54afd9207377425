import { formatDuration, rfc3339 } from "../core/units.ts";
import type { MemberView, RouteView } from "../routing/routes.ts";
import { leaderFacts } from "./leader.ts";
import type { RouteContext } from "./route-context.ts";

/** Returns the JSON of `/route/NAME`. */
export function routeJson(context: Pick<RouteContext, "leader" | "otherLeader">, view: RouteView) {
  const { route, state, members, next, stale } = view;
  const member = members.find(({ name }) => name === state.use);
  return {
    route: route.name,
    use: state.use ?? null,
    address: member?.address ?? null,
    model: member?.model ?? null,
    since: rfc3339(state.since),
    forced: state.forced !== undefined,
    forced_until: state.forced?.until === undefined ? null : rfc3339(state.forced.until),
    exhausted: state.exhausted,
    stale,
    ...leaderFacts(context),
    why: members.map(memberJson),
    policy: {
      order: route.order.map(({ name }) => name),
      when_none: route.whenNone,
      prefer_back_after: formatDuration(route.preferBackAfter),
      min_dwell: formatDuration(route.minDwell),
      skip_degraded: route.skipDegraded,
      exclude_reasons: [...route.excludeReasons],
      max_cost: route.maxCost ?? null,
    },
    next: next ?? null,
  };
}

const memberJson = ({ name, usability, status, mode, reason, since, excluded }: MemberView) => ({
  target: name,
  usable: usability === "usable" && excluded === undefined,
  status,
  mode: mode ?? null,
  reason: excluded === undefined ? (reason ?? null) : "excluded",
  since: since === undefined ? null : rfc3339(since),
  excluded: excluded !== undefined,
  excluded_until: excluded?.until === undefined ? null : rfc3339(excluded.until),
});
