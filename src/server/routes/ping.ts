import type { NextFunction, Request, Response } from "express";
import { RUN_ID } from "../../core/push-heartbeat.ts";
import { clientSource } from "../client-source.ts";
import { DURABLE } from "../durable.ts";
import { factsOfQuery, isJsonType } from "../ping-facts.ts";
import { type PingPath, parsePingPath, pingToken } from "../ping-path.ts";
import { createPingReports, KEPT_BODY } from "../ping-reports.ts";
import { retryAfter } from "../rate-limit.ts";
import { refuse } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";
import { bearerOf, createTokenCheck } from "../token.ts";

/** The end of the error of refused facts. */
const COUNTED = "the ping counts, these facts do not";

const METHODS = "HEAD, GET, POST";
const headers = (isDurable: boolean): Readonly<Record<string, string>> => ({
  "Content-Type": "text/plain; charset=utf-8",
  "Content-Length": "2",
  "Ping-Body-Limit": String(KEPT_BODY),
  [DURABLE]: String(isDurable),
});
const DURABLE_HEADERS = headers(true);
const OTHER_HEADERS = headers(false);

/** The same text for known and unknown names, so that names cannot be enumerated. */
const UNAUTHORIZED =
  'missing or invalid token, or unknown heartbeat; want "Authorization: Bearer TOKEN", ?token=TOKEN or /ping/TOKEN/NAME';

/** Reports whether a ping says nothing but that all is well, which the next one says again. */
const isRoutine = ({ kind }: PingPath, { method, headers }: Request): boolean =>
  (kind === "success" || kind === "log") && !(method === "POST" && isJsonType(headers["content-type"]));

/** `/ping/{name}`, with a token before the name and an action after it: a heartbeat reports. */
export function pingRoute(context: RouteContext) {
  const { pushes, clock, log, authFailures, limits, refusals, config, settle } = context;
  const matches = createTokenCheck(clock);
  const reports = createPingReports(pushes, clock);

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
    const queryStart = `${req.url}?`.indexOf("?");
    const ping = parsePingPath(req.url.slice(0, queryStart));
    if ("status" in ping) return refuse(res, ping.status, `/ping: ${ping.text}`);
    // A value may contain further question marks.
    const query = new URLSearchParams(req.url.slice(queryStart));
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
    const isFirst = !pushes.has(ping.name);
    if (isFirst && !register(ping.name, req, res)) return;
    const facts = factsOfQuery(query);
    const queryProblem = reports.describe(ping.name, facts);
    const body = req.method === "POST" ? reports.receive(ping, facts, req, res) : undefined;
    await body?.announceable;
    pushes.ping(ping.name, ping.kind, rid, ping.exitStatus);
    log.debug({ heartbeat: ping.name, ping: ping.kind, from: req.ip }, "ping");
    const bodyProblem = await body?.problem;
    const problem = queryProblem ?? bodyProblem;
    const isPlain = !isFirst && facts === undefined && isRoutine(ping, req);
    const isDurable = isPlain && config().durability === "relaxed" ? false : await settle();
    // A wrong fact must not make a machine offline.
    if (problem !== undefined) {
      res.set(DURABLE, String(isDurable));
      return refuse(res, 400, `/ping: ${problem}; ${COUNTED}`);
    }
    res.writeHead(200, isDurable ? DURABLE_HEADERS : OTHER_HEADERS).end("OK");
  };

  /** Registers an unknown heartbeat. Returns false if that is refused and answered. */
  function register(name: string, req: Request, res: Response): boolean {
    if (!pushes.allowsRegistration()) {
      refuse(
        res,
        404,
        `/ping: got ${JSON.stringify(name)}, want the name of a heartbeat; GET /heartbeats lists them`,
      );
      return false;
    }
    const limit = pushes.tokenOf(name) === undefined ? limits.openRegistrations : limits.registrations;
    const wait = limit.take(clientSource(req.ip));
    if (wait > 0) {
      const detail = "too many new heartbeats came from this address";
      refusals.record({ reason: "registration_rate", detail, from: req.ip });
      res.set("Retry-After", retryAfter(wait));
      refuse(res, 429, `/ping: ${detail}`);
      return false;
    }
    const refusal = pushes.admit(name);
    if (refusal === undefined) return true;
    const { reason, wanted } = refusal;
    if (reason === "name") refuse(res, 400, `/ping: got ${JSON.stringify(name)}, want ${wanted}`);
    else refuse(res, 403, `/ping: got one heartbeat too many, want ${wanted}`);
    return false;
  }
}
