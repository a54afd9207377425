import type { IncomingMessage } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { HOST_HEADER_FORM, isHostHeader } from "../core/names.ts";
import { refuse } from "./refuse.ts";
import type { RouteContext } from "./route-context.ts";

/**
 * Returns the query parameters of a request. Express' own parser would turn `a[]=1` and repeated names into objects. The path is
 * not parsed: a client may send one that is no URL.
 */
export function queryOf({ url = "" }: IncomingMessage): URLSearchParams {
  const [target = ""] = url.split("#", 1);
  const at = target.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : target.slice(at + 1));
}

/** Returns false for a request whose Host header is no host. */
export const hasValidHost = ({ headers: { host = "" } }: IncomingMessage): boolean =>
  host === "" || (isHostHeader(host) && URL.canParse(`http://${host}`));

/** Refuses requests whose Host header is no host, as https://www.rfc-editor.org/rfc/rfc9112#section-3.2 demands. */
export function requireHost(req: Request, res: Response, next: NextFunction): void {
  if (hasValidHost(req)) return next();
  refuse(res, 400, `Host: got ${JSON.stringify(req.headers.host)}, want ${HOST_HEADER_FORM}`);
}

/** Returns the URL of the exporter: the external one, or the one that the client has used. */
export const baseOf = (
  req: Request,
  { externalUrl, routePrefix }: Pick<RouteContext, "externalUrl" | "routePrefix">,
): URL => externalUrl ?? new URL(`${req.protocol}://${req.get("Host") || "localhost"}${routePrefix}`);
