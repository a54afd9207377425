import type { NextFunction, Request, Response } from "express";
import { readBody } from "./body.ts";
import { refuseJson } from "./refuse.ts";
import type { RouteContext } from "./route-context.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** Longest body read, in bytes. Control routes take none; reading a little of it tells how long it was. */
const LONGEST_BODY = 1024;

/** Guards a route that changes something: requires the control token, and no body. */
export const control =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (!(await isAuthorized(context, req, res))) return;
    const body = await readBody(req, { limit: LONGEST_BODY });
    if (body.kind === "aborted") return;
    if (body.kind === "complete" && body.bytes.length === 0) return next();
    res.set("Connection", "close");
    const got = body.kind === "complete" ? String(body.bytes.length) : `more than ${LONGEST_BODY}`;
    refuseJson(
      res,
      400,
      `body: got ${got} bytes, want none: parameters of ${req.path} go into its path and query`,
    );
  };

/** Guards a route that reads its own body: requires the control token. */
export const controlWithBody =
  (context: RouteContext) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    if (await isAuthorized(context, req, res, "component")) next();
  };

/** Reports whether the request has the control token, and answers it if not. */
async function isAuthorized(
  { config, authFailures }: RouteContext,
  req: Request,
  res: Response,
  guard: "control" | "component" = "control",
): Promise<boolean> {
  const token = config().controlToken;
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
  authFailures.record({ guard, problem: given === undefined ? "missing" : "wrong", from: req.ip });
  res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
  refuseJson(
    res,
    401,
    `Authorization: got ${given === undefined ? "no" : "a wrong"} token, want "Bearer <control token>"`,
  );
  return false;
}
