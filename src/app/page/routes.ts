import { rfc3339 } from "../../core/units.ts";
import type { RouteChain, RouteLink } from "../../page/model/overview.ts";
import type { MemberView, RouteView } from "../../routing/routes.ts";

const linkOf = ({ name, kind, status, usability, reason, excluded }: MemberView): RouteLink => ({
  name,
  kind,
  status,
  usable: usability === "usable" && excluded === undefined,
  reason: excluded === undefined ? (reason ?? null) : "excluded",
});

/** Returns a route as the page shows it. */
export const routeChain = ({ route, state, members, stale }: RouteView): RouteChain => ({
  name: route.name,
  description: route.description ?? null,
  use: state.use ?? null,
  since: rfc3339(state.since),
  exhausted: state.exhausted,
  forced: state.forced !== undefined,
  stale,
  members: members.map(linkOf),
});
