import type { NextFunction, Request, Response } from "express";
import { defined } from "../../core/defined.ts";
import { RUN_ID } from "../../core/push-heartbeat.ts";
import type { PingKind } from "../../heartbeats/machine.ts";
import type { RouteContext } from "../deps.ts";
import { refuse } from "../refuse.ts";
import { bearerOf, createTokenCheck } from "../token.ts";

/** How much of a body is kept, in bytes; the header by which healthchecks.io tells it tells it here. */
const BODY_LIMIT = 10_000;
/** How much of a body is read before the connection is closed over it. */
const LONGEST_BODY = 1024 * 1024;

const METHODS = "HEAD, GET, POST";
const HEADERS = {
  "Content-Type": "text/plain; charset=utf-8",
  "Content-Length": "2",
  "Ping-Body-Limit": String(BODY_LIMIT),
};

/** The same for names that exist and names that do not, so that nobody learns which do. */
const UNAUTHORIZED =
  'got no token or a wrong one, or a name that there is not; want "Authorization: Bearer TOKEN", ?token=TOKEN or /ping/TOKEN/NAME';

/** `/ping/{name}` and what may stand behind the name: something reports by itself. */
export function pingRoute({ pushes, clock, log }: RouteContext) {
  const rightToken = createTokenCheck(clock);

  /** Whether a ping of `name` may come in with this token. Both ways of refusing do the same work. */
  const allowed = async (name: string, given: string): Promise<boolean> => {
    const wanted = pushes.tokenOf(name);
    const known = pushes.has(name) || pushes.allowsRegistration();
    if (wanted !== undefined) return rightToken(given, wanted);
    const other = known ? undefined : pushes.anyToken();
    if (other === undefined) return true;
    await rightToken(given, other);
    return false;
  };

  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    // Of a path that is only written alike express thinks it is this one.
    if (!req.baseUrl.endsWith("/ping")) return next();
    if (req.method !== "POST" && req.method !== "GET" && req.method !== "HEAD") {
      res.set("Allow", METHODS);
      return refuse(res, 405, `/ping: got ${req.method}, want ${METHODS}`);
    }
    const [path = "", search] = req.url.split("?", 2);
    const asked = readPingPath(path);
    if ("status" in asked) return refuse(res, asked.status, `/ping: ${asked.text}`);
    const query = new URLSearchParams(search);
    const rid = query.get("rid")?.toLowerCase();
    if (rid !== undefined && !RUN_ID.test(rid))
      return refuse(res, 400, "rid: got something else, want a UUID");

    const token = bearerOf(req) ?? query.get("token") ?? asked.token ?? "";
    if (!(await allowed(asked.name, token))) {
      res.set("WWW-Authenticate", 'Bearer realm="heartbeat-exporter"');
      return refuse(res, 401, `/ping: ${UNAUTHORIZED}`);
    }
    if (!pushes.has(asked.name) && !admitted(asked, res)) return;
    pushes.ping(asked.name, asked.ping, rid);
    log.debug({ heartbeat: asked.name, ping: asked.ping, from: req.ip }, "ping");
    if (req.method === "POST") await keepBody(asked.name, req, res);
    res.writeHead(200, HEADERS).end("OK");
  };

  function admitted({ name }: PingPath, res: Response): boolean {
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
    else refuse(res, 403, `/ping: got a heartbeat more, want ${wanted}`);
    return false;
  }

  /** The ping counts from its first line on: a body that comes slowly or never is no silence. */
  async function keepBody(name: string, req: Request, res: Response): Promise<void> {
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of req.iterator({ destroyOnReturn: false })) {
        if (length < BODY_LIMIT) chunks.push(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length > LONGEST_BODY) break;
      }
    } catch {
      // The client is gone, and what it sent is a part.
      return;
    }
    if (length > LONGEST_BODY) res.set("Connection", "close");
    if (length > 0) pushes.bodies.keep(name, Buffer.concat(chunks).subarray(0, BODY_LIMIT));
  }
}

/** What the address of a ping says. */
export interface PingPath {
  readonly name: string;
  readonly ping: PingKind;
  /** A token that stands before the name. */
  readonly token?: string;
}

/** An address that is none of a ping, with what to answer. */
export interface PingPathProblem {
  readonly status: 400 | 404;
  readonly text: string;
}

const FORMS =
  "/ping/NAME, /ping/TOKEN/NAME, and after either /start, /fail, /log or an exit status from 0 to 255";

/**
 * Reads what stands after `/ping`: `/NAME`, `/TOKEN/NAME`, and either with an action behind it. What can be an action
 * is one, so a heartbeat is never called like it.
 */
export function readPingPath(path: string): PingPath | PingPathProblem {
  const parts = path.split("/").slice(1);
  if (parts.includes("") || parts.length === 0) return { status: 404, text: `got no name, want ${FORMS}` };
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { status: 400, text: `got a path with a broken % escape, want ${FORMS}` };
  }
  const last = decoded.length > 1 ? actionOf(decoded.at(-1) ?? "") : undefined;
  if (last === "out of range")
    return { status: 400, text: "got an exit status above 255, want one from 0 to 255" };
  const rest = last === undefined ? decoded : decoded.slice(0, -1);
  const [name, token] = rest.toReversed();
  if (name === undefined || rest.length > 2)
    return { status: 404, text: `got too long a path, want ${FORMS}` };
  return { name, ping: last ?? "success", ...defined({ token }) };
}

function actionOf(text: string): PingKind | "out of range" | undefined {
  if (text === "start" || text === "fail" || text === "log") return text;
  if (!/^\d+$/.test(text)) return undefined;
  const status = Number(text);
  return status > 255 ? "out of range" : status === 0 ? "success" : "fail";
}
