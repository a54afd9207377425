import type { NextFunction, Request, Response } from "express";
import { readBody } from "./body.ts";
import type { RouteContext } from "./deps.ts";
import { refuseJson } from "./refuse.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** A control request carries its choices in the path and the query; anything longer than this is no mistake. */
const LONGEST_BODY = 1024;

/** Guards a route that changes something: it needs the control token, and no body. */
export const control =
  (deps: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAllowed(deps, req, res))) return;
    const body = await readBody(req, LONGEST_BODY);
    if (body.kind === "too_long" || body.bytes.length > 0) {
      res.set("Connection", "close");
      const got = body.kind === "too_long" ? `more than ${body.limit}` : String(body.bytes.length);
      return refuseJson(
        res,
        400,
        `body: got ${got} bytes, want none: the choices of ${req.path} go into its path and query`,
      );
    }
    next();
  };

/** Guards a route that is told in its body what to change, which it reads itself: it needs the control token. */
export const controlWithBody =
  (deps: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (await isAllowed(deps, req, res)) next();
  };

/** Whether the request has the control token; if not, it is answered. */
async function isAllowed({ current }: RouteContext, req: Request, res: Response): Promise<boolean> {
  const token = current().controlToken;
  if (token === undefined) {
    refuseJson(
      res,
      403,
      "control routes are off: set control.token_file in the configuration to turn them on",
    );
    return false;
  }
  const given = bearerOf(req);
  if (given !== undefined && sameSecret(given, await token.reveal())) return true;
  res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
  refuseJson(
    res,
    401,
    `Authorization: got ${given === undefined ? "no" : "a wrong"} token, want "Bearer <control token>"`,
  );
  return false;
}
