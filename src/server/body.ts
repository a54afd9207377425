import type { Request, Response } from "express";
import type { AlertGroup } from "../core/alert.ts";
import type { Clock } from "../core/clock.ts";
import type { InboundAuth } from "../core/relay.ts";
import { seconds } from "../core/units.ts";
import type { NotificationReading } from "../notify/notification.ts";
import { refuseJson } from "./refuse.ts";
import { bearerOf, sameSecret } from "./token.ts";

/** What a request brings with it, read no further than is needed to know that there is too much of it. */
export type RequestBody =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "too_long"; readonly limit: number };

/** @param limit the longest body that is taken, in bytes */
export async function readBody(req: Request, limit: number): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > limit) return { kind: "too_long", limit };
    chunks.push(bytes);
  }
  return { kind: "whole", bytes: Buffer.concat(chunks) };
}

/** Some thousand alerts; Alertmanager's `max_alerts` bounds what it sends. */
const LONGEST_BODY = 4 * 1024 * 1024;
/** Alertmanager sends at once; whoever sends drop by drop only holds a connection. */
const LONGEST_TIME = seconds(10);

/** What reading a notification needs. */
export interface NotificationDeps {
  readonly clock: Clock;
  readonly readNotification: (body: Buffer) => NotificationReading;
}

/**
 * The alerts of a request, or `undefined` when it is answered already: 401 before anything is read of it, 408, 413 and
 * 400 for what can never work. Alertmanager repeats nothing of that; only a 5xx it does.
 */
export async function notificationOf(
  auth: InboundAuth,
  req: Request,
  res: Response,
  { clock, readNotification }: NotificationDeps,
): Promise<AlertGroup | undefined> {
  if (!(await isAllowed(auth, req))) {
    res.set("WWW-Authenticate", `${auth.kind === "basic" ? "Basic" : "Bearer"} realm="heartbeat-exporter"`);
    res.set("Connection", "close");
    refuseJson(res, 401, `Authorization: want ${WANTED[auth.kind]}`);
    return undefined;
  }
  const body = await readNotificationBody(req, clock);
  if (!("bytes" in body)) {
    res.set("Connection", "close");
    // Nobody is there any more to read an answer when the sender has gone.
    if (!req.destroyed) refuseJson(res, body.status, body.text);
    return undefined;
  }
  const reading = readNotification(body.bytes);
  if (reading.kind === "group") return reading.group;
  refuseJson(res, 400, reading.text);
  return undefined;
}

const WANTED = {
  bearer: '"Bearer TOKEN" with the token of token_file',
  basic: "the user and password of basic_auth",
} as const satisfies Record<InboundAuth["kind"], string>;

async function isAllowed(auth: InboundAuth, req: Request): Promise<boolean> {
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

type NotificationBody = { readonly bytes: Buffer } | { readonly status: number; readonly text: string };

const TOO_LONG = {
  status: 413,
  text: `body: got more than ${LONGEST_BODY} bytes; set max_alerts in Alertmanager's webhook_config`,
};

async function readNotificationBody(req: Request, clock: Clock): Promise<NotificationBody> {
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return { status: 415, text: "Content-Encoding: got a compressed body, want a plain one" };
  }
  if (Number(req.headers["content-length"] ?? 0) > LONGEST_BODY) return TOO_LONG;
  const late = Promise.withResolvers<"late">();
  const cancel = clock.after(LONGEST_TIME, () => late.resolve("late"));
  try {
    const read = await Promise.race([chunksOf(req), late.promise]);
    if (read === "late") return { status: 408, text: `body: want it whole within ${LONGEST_TIME}s` };
    return read === undefined ? TOO_LONG : { bytes: read };
  } catch {
    return { status: 400, text: "body: want all of it" };
  } finally {
    cancel();
  }
}

/** `undefined` when there is too much. */
async function chunksOf(req: Request): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > LONGEST_BODY) return undefined;
  }
  return Buffer.concat(chunks);
}
