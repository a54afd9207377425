import type { NextFunction, Request, Response } from "express";
import type { Deps } from "./deps.ts";
import { refuseJson } from "./refuse.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** A control request carries its choices in the path and the query; anything longer than this is no mistake. */
const LONGEST_BODY = 1024;

/** Guards a route that changes something: it needs the control token, and no body. */
export const control =
  ({ current }: Deps) =>
  async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const token = current().controlToken;
    if (token === undefined) {
      return refuseJson(
        res,
        403,
        "control routes are off: set control.token_file in the configuration to turn them on",
      );
    }
    const given = bearerOf(req);
    if (given === undefined || !sameSecret(given, await token.reveal())) {
      res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
      return refuseJson(
        res,
        401,
        `Authorization: got ${given === undefined ? "no" : "a wrong"} token, want "Bearer <control token>"`,
      );
    }
    const length = await bodyLength(req);
    if (length > 0) {
      res.set("Connection", "close");
      const got = length > LONGEST_BODY ? `more than ${LONGEST_BODY}` : String(length);
      return refuseJson(
        res,
        400,
        `body: got ${got} bytes, want none: the choices of ${req.path} go into its path and query`,
      );
    }
    next();
  };

/** The length of the body, read no further than is needed to know that there is too much of it. */
async function bodyLength(req: Request): Promise<number> {
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > LONGEST_BODY) break;
  }
  return length;
}
