import type { NextFunction, Request, RequestHandler, Response } from "express";
import { defined } from "../core/defined.ts";
import type { RouteContext } from "./route-context.ts";

/** Keys of every answer that tell whether the replica that gives it leads. Empty without a lease. */
export const leaderFacts = ({ leader, otherLeader }: Pick<RouteContext, "leader" | "otherLeader">) => {
  const leads = leader();
  return leads === undefined
    ? {}
    : { leader: leads, ...defined({ leader_identity: otherLeader()?.identity }) };
};

/**
 * Redirects to the replica that leads, if it has said where it answers (`lease.advertise_url`). This replica does not
 * probe what the leader probes, so its own answer would be stale. 307 keeps the method.
 */
export const toLeader =
  ({ otherLeader }: RouteContext): RequestHandler =>
  (req: Request, res: Response, next: NextFunction): void => {
    const url = otherLeader()?.url;
    if (url === undefined) next();
    else redirectTo(url, req, res);
  };

/** Redirects a request to the same route of the replica at `url`. */
export function redirectTo(url: URL, req: Request, res: Response): void {
  res.set("Cache-Control", "no-store");
  res.redirect(307, `${url.href.replace(/\/+$/, "")}${req.url}`);
}
