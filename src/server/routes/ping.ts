import type { NextFunction, Request, Response } from "express";
import { defined } from "../../core/defined.ts";
import { RUN_ID } from "../../core/push-heartbeat.ts";
import type { PingKind } from "../../heartbeats/machine.ts";
import { readBody } from "../body.ts";
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
export function pingRoute({ pushes, clock, log }: RouteContext) {
  const matches = createTokenCheck(clock);

  /** Reports whether the token allows a ping of `name`. Takes as long for unknown names as for wrong tokens. */
  const isAuthorized = async (name: string, token: string): Promise<boolean> => {
    const wanted = pushes.tokenOf(name);
    if (wanted !== undefined) return matches(token, wanted);
    const mayExist = pushes.has(name) || pushes.allowsRegistration();
    const decoy = mayExist ? undefined : pushes.anyToken();
    if (decoy === undefined) return true;
    await matches(token, decoy);
    return false;
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

/** The parts of the path of a ping. */
interface PingPath {
  readonly name: string;
  readonly kind: PingKind;
  /** The token before the name. */
  readonly token?: string;
}

/** An invalid ping path and the HTTP error to send. */
interface PingPathProblem {
  readonly status: 400 | 404;
  readonly text: string;
}

const FORMS =
  "/ping/NAME or /ping/TOKEN/NAME, optionally followed by /start, /fail, /log or an exit status from 0 to 255";

/**
 * Parses the path after `/ping`: `/NAME` or `/TOKEN/NAME`, optionally followed by an action. A last part that can be an
 * action is one, so no heartbeat may have such a name.
 */
function parsePingPath(path: string): PingPath | PingPathProblem {
  const parts = path.split("/").slice(1);
  if (parts.includes("") || parts.length === 0) return { status: 404, text: `got no name, want ${FORMS}` };
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { status: 400, text: `got a path with an invalid % escape, want ${FORMS}` };
  }
  const last = decoded.length > 1 ? actionOf(decoded.at(-1) ?? "") : undefined;
  if (last === "out of range")
    return { status: 400, text: "got an exit status above 255, want one from 0 to 255" };
  const rest = last === undefined ? decoded : decoded.slice(0, -1);
  const [name, token] = rest.toReversed();
  if (name === undefined || rest.length > 2)
    return { status: 404, text: `got too long a path, want ${FORMS}` };
  return { name, kind: last ?? "success", ...defined({ token }) };
}

function actionOf(text: string): PingKind | "out of range" | undefined {
  if (text === "start" || text === "fail" || text === "log") return text;
  if (!/^\d+$/.test(text)) return undefined;
  const status = Number(text);
  return status > 255 ? "out of range" : status === 0 ? "success" : "fail";
}
