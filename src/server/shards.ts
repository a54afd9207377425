import type { NextFunction, Request, RequestHandler, Response } from "express";
import { shardOf } from "../core/shard.ts";
import { redirectTo } from "./leader.ts";
import { parsePingPath } from "./ping-path.ts";
import { refuse, refuseJson } from "./refuse.ts";
import { queryOf } from "./request.ts";
import type { RouteContext } from "./route-context.ts";

/** Routes whose errors are plain text. */
const PLAIN = /^\/(?:probe|metrics)$/u;

/**
 * Sends requests about a target or heartbeat of another shard there, or answers them with 421 and the shard's number: this one
 * does not probe it, so it has nothing to say about it.
 */
export const toOwner =
  (context: RouteContext): RequestHandler =>
  (req: Request, res: Response, next: NextFunction): void => {
    const sharding = context.config().sharding;
    if (sharding === undefined) return next();
    const name = heartbeatIn(req.path) ?? queryOf(req).get("target") ?? undefined;
    const owner = name === undefined ? undefined : sharding.elsewhere.get(name);
    if (name === undefined || owner === undefined) return next();
    direct(context, { name, owner }, req, res, PLAIN.test(req.path) ? refuse : refuseJson);
  };

/** The same for pings. Which shard owns a name depends on the name alone, so nothing is told about those that exist. */
export const pingsToOwner =
  (context: RouteContext): RequestHandler =>
  (req: Request, res: Response, next: NextFunction): void => {
    const sharding = context.config().sharding;
    if (sharding === undefined) return next();
    const ping = parsePingPath(req.url.split("?", 1)[0] ?? "");
    if ("status" in ping) return next();
    const owner = shardOf(ping.name, sharding.shard.total);
    if (owner === sharding.shard.index) return next();
    direct(context, { name: ping.name, owner }, req, res, refuse);
  };

/** Returns the name in the path of a heartbeat. */
function heartbeatIn(path: string): string | undefined {
  const [, name] = /^\/(?:heartbeats|machines)\/([^/]+)/u.exec(path) ?? [];
  try {
    return name === undefined ? undefined : decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function direct(
  { config, shardUrl, routePrefix }: RouteContext,
  { name, owner }: { readonly name: string; readonly owner: number },
  req: Request,
  res: Response,
  answer: (res: Response, status: number, text: string) => void,
): void {
  if (shardUrl !== undefined) {
    // Express takes the path of a mounted handler from its URL.
    req.url = req.originalUrl.slice(routePrefix.length);
    return redirectTo(shardUrl(owner), req, res);
  }
  const { index = 0, total = 1 } = config().sharding?.shard ?? {};
  answer(res, 421, `${name} belongs to shard ${owner} of ${total}; this is shard ${index}`);
}
