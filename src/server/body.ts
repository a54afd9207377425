import type { Request, Response } from "express";
import type { AlertGroup } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { InboundAuth } from "../core/relay.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { refuseJson } from "./refuse.ts";
import type { RouteContext } from "./route-context.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** The body of a request, or why it was not read to its end. */
export type RequestBody =
  | { readonly kind: "complete"; readonly bytes: Buffer }
  /** Longer than the limit; `bytes` is its beginning. */
  | { readonly kind: "too_long"; readonly bytes: Buffer }
  | { readonly kind: "late" }
  /** The client closed the connection. */
  | { readonly kind: "aborted" };

/** Bounds for reading a body. */
export interface BodyBounds {
  /** Longest body accepted, in bytes. Reading stops beyond it. */
  readonly limit: number;
  /** Number of bytes kept from the beginning of the body; the limit by default. */
  readonly keep?: number;
  /** Longest time that the body may take to arrive; unbounded by default. */
  readonly deadline?: { readonly clock: Clock; readonly after: Seconds };
}

/** Reads the body of a request within bounds. Never rejects. */
export async function readBody(
  req: Request,
  { limit, keep = limit, deadline }: BodyBounds,
): Promise<RequestBody> {
  // NaN without an announcement, which is not more.
  const announced = Number(req.headers["content-length"]);
  // A body that is refused whole need not be received first.
  if (announced > limit && keep === limit) return { kind: "too_long", bytes: Buffer.alloc(0) };
  const body = receive(req, limit, keep);
  if (deadline === undefined) return body;
  const late = Promise.withResolvers<RequestBody>();
  const cancel = deadline.clock.timeout(deadline.after, () => late.resolve({ kind: "late" }));
  return Promise.race([body, late.promise]).finally(cancel);
}

async function receive(req: Request, limit: number, keep: number): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      if (length < keep) chunks.push(bytes);
      length += bytes.length;
      if (length > limit) break;
    }
  } catch {
    return { kind: "aborted" };
  }
  const bytes = Buffer.concat(chunks).subarray(0, keep);
  return { kind: length > limit ? "too_long" : "complete", bytes };
}

/** Longest notification accepted, in bytes: some thousand alerts. Alertmanager's `max_alerts` bounds what it sends. */
const LONGEST_NOTIFICATION = 4 * 1024 * 1024;

/** Alertmanager sends a notification at once; a slower client only occupies a connection. */
const NOTIFICATION_DEADLINE = seconds(10);

/**
 * Authenticates and parses a notification of Alertmanager. Returns `undefined` if it has already been answered: with
 * 401 before its body is read, or with 400, 408, 413 or 415. Alertmanager retries only after a 5xx, and none of these
 * could succeed on a retry.
 */
export async function notificationOf(
  { auth, name }: { readonly auth: InboundAuth; readonly name: string },
  guard: "relay" | "action",
  req: Request,
  res: Response,
  {
    clock,
    readNotification,
    authFailures,
  }: Pick<RouteContext, "clock" | "readNotification" | "authFailures">,
): Promise<AlertGroup | undefined> {
  /** Answers with an error. The rest of the body stays unread, so the connection cannot be used again. */
  const refuse = (status: number, text: string): undefined => {
    res.set("Connection", "close");
    refuseJson(res, status, text);
    return undefined;
  };
  if (!(await isAuthorized(auth, req))) {
    const problem = req.headers.authorization === undefined ? "missing" : "wrong";
    authFailures.record({ guard, problem, name, from: req.ip });
    res.set("WWW-Authenticate", `${auth.kind === "basic" ? "Basic" : "Bearer"} realm="heartbeat-exporter"`);
    return refuse(401, `Authorization: want ${CREDENTIALS[auth.kind]}`);
  }
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return refuse(415, "Content-Encoding: got a compressed body, want an uncompressed one");
  }
  const body = await readBody(req, {
    limit: LONGEST_NOTIFICATION,
    deadline: { clock, after: NOTIFICATION_DEADLINE },
  });
  switch (body.kind) {
    case "aborted":
      // A client that has gone gets no answer.
      return undefined;
    case "late":
      return refuse(408, `body: got only a part of it in ${NOTIFICATION_DEADLINE}s, want all of it`);
    case "too_long":
      return refuse(
        413,
        `body: got more than ${LONGEST_NOTIFICATION} bytes; set max_alerts in Alertmanager's webhook_config`,
      );
    case "complete": {
      const reading = readNotification(body.bytes);
      if (reading.kind === "group") return reading.group;
      refuseJson(res, 400, reading.text);
      return undefined;
    }
  }
}

const CREDENTIALS = {
  bearer: '"Bearer TOKEN" with the token of token_file',
  basic: "the user and password of basic_auth",
} as const satisfies Record<InboundAuth["kind"], string>;

async function isAuthorized(auth: InboundAuth, req: Request): Promise<boolean> {
  switch (auth.kind) {
    case "bearer":
      return sameSecret(bearerOf(req) ?? "", await auth.token.reveal());
    case "basic": {
      const [, encoded = ""] = /^Basic (\S+)$/i.exec(req.headers.authorization ?? "") ?? [];
      const given = Buffer.from(encoded, "base64").toString("utf8");
      return sameSecret(given, `${auth.username}:${await auth.password.reveal()}`);
    }
  }
}
