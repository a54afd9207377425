import type { NextFunction, Request, Response } from "express";
import { RUN_ID } from "../../core/push-heartbeat.ts";
import { readBody } from "../body.ts";
import { parsePingPath, pingToken } from "../ping-path.ts";
import { refuse } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";
import { bearerOf, createTokenCheck } from "../token.ts";

/** Number of bytes kept of a body; announced to clients in the header that healthchecks.io uses for it. */
const KEPT_BODY = 10_000;

/** Number of bytes read of a body before its connection is closed. */
const LONGEST_BODY = 1024 * 1024;

const METHODS = "HEAD, GET, POST";
const HEADERS = {
  "Content-Type": "text/plain; charset=utf-8",
  "Content-Length": "2",
  "Ping-Body-Limit": String(KEPT_BODY),
};

/** The same text for known and unknown names, so that names cannot be enumerated. */
const UNAUTHORIZED =
  'missing or invalid token, or unknown heartbeat; want "Authorization: Bearer TOKEN", ?token=TOKEN or /ping/TOKEN/NAME';

/** `/ping/{name}`, with a token before the name and an action after it: a heartbeat reports. */
export function pingRoute({ pushes, clock, log, authFailures }: RouteContext) {
  const matches = createTokenCheck(clock);

  /** Reports whether the token allows a ping of `name`. Takes as long for unknown names as for wrong tokens. */
  const isAuthorized = async (name: string, token: string): Promise<boolean> => {
    const wanted = pingToken(pushes, name);
    if (wanted === undefined) return true;
    const isRight = await matches(token, wanted.secret);
    return isRight && !wanted.isDecoy;
  };

  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    // Express ignores the case of the path that this handler is mounted on.
    if (!req.baseUrl.endsWith("/ping")) return next();
    if (req.method !== "POST" && req.method !== "GET" && req.method !== "HEAD") {
      res.set("Allow", METHODS);
      return refuse(res, 405, `/ping: got ${req.method}, want ${METHODS}`);
    }
    const [path = "", search] = req.url.split("?", 2);
    const ping = parsePingPath(path);
    if ("status" in ping) return refuse(res, ping.status, `/ping: ${ping.text}`);
    const query = new URLSearchParams(search);
    const rid = query.get("rid")?.toLowerCase();
    if (rid !== undefined && !RUN_ID.test(rid)) return refuse(res, 400, "rid: must be a UUID");

    const token = bearerOf(req) ?? query.get("token") ?? ping.token ?? "";
    if (!(await isAuthorized(ping.name, token))) {
      authFailures.record({
        guard: "ping",
        problem: token === "" ? "missing" : "wrong",
        name: pushes.has(ping.name) ? ping.name : undefined,
        from: req.ip,
      });
      res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
      return refuse(res, 401, `/ping: ${UNAUTHORIZED}`);
    }
    if (!pushes.has(ping.name) && !register(ping.name, res)) return;
    pushes.ping(ping.name, ping.kind, rid);
    log.debug({ heartbeat: ping.name, ping: ping.kind, from: req.ip }, "ping");
    if (req.method === "POST") await keepBody(ping.name, req, res);
    res.writeHead(200, HEADERS).end("OK");
  };

  /** Registers an unknown heartbeat. Returns false if that is refused and answered. */
  function register(name: string, res: Response): boolean {
    if (!pushes.allowsRegistration()) {
      refuse(
        res,
        404,
        `/ping: got ${JSON.stringify(name)}, want the name of a heartbeat; GET /heartbeats lists them`,
      );
      return false;
    }
    const refusal = pushes.admit(name);
    if (refusal === undefined) return true;
    const { reason, wanted } = refusal;
    if (reason === "name") refuse(res, 400, `/ping: got ${JSON.stringify(name)}, want ${wanted}`);
    else refuse(res, 403, `/ping: got one heartbeat too many, want ${wanted}`);
    return false;
  }

  /** Stores the body of a ping. The ping itself has been counted: a slow or broken body is no silence. */
  async function keepBody(name: string, req: Request, res: Response): Promise<void> {
    const body = await readBody(req, { limit: LONGEST_BODY, keep: KEPT_BODY });
    if (body.kind === "too_long") res.set("Connection", "close");
    if (body.kind === "complete" || body.kind === "too_long") {
      if (body.bytes.length > 0) pushes.bodies.keep(name, body.bytes);
    }
  }
}
