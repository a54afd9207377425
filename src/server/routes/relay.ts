import type { Request, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { DeadLetter, QueuedItem } from "../../notify/delivery/retry.ts";
import type { PastDelivery, RelayView } from "../../notify/relays/relays.ts";
import { notificationOf } from "../body.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";

/** `POST /alertmanager/relay/{name}`: each alert that is news becomes an event. Answered when it is stored. */
export const relayRoute =
  (deps: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const relay = deps.relays.find(name);
    if (relay === undefined) return unknownRelay(res, name);
    const group = await notificationOf(relay.auth, req, res, deps);
    if (group === undefined) return;
    const taken = await deps.relays.accept(name, group);
    if (taken.kind === "refused") {
      res.set("Retry-After", "10");
      return refuseJson(res, 503, taken.text);
    }
    res.json({ events: taken.events, known: taken.known });
  };

/** `GET /api/v1/relay`: what waits, what left last and what was given up. Bodies and addresses are not shown. */
export const relaysRoute =
  ({ relays }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ relays: relays.list().map(relayJson) });
  };

/**
 * `POST /api/v1/relay/{name}/replay[?id=]` sends dead letters again, all of them or one; `DELETE
 * /api/v1/relay/{name}/dead-letters[?id=]` forgets them.
 */
export const lettersRoute =
  ({ relays, log }: RouteContext, what: "replay" | "discard") =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (relays.find(name) === undefined) return unknownRelay(res, name);
    const id = queryOf(req).get("id") ?? undefined;
    const count = relays[what](name, id);
    if (count === 0 && id !== undefined) {
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want that of a dead letter`);
    }
    const done = what === "replay" ? { replayed: count } : { discarded: count };
    log.warn({ relay: name, ...done, from: req.ip }, "dead letters dealt with by hand");
    res.json(done);
  };

const unknownRelay = (res: Response, name: string): void =>
  refuseJson(res, 404, `relay: got ${JSON.stringify(name)}, want the name of one under relays`);

const relayJson = ({ name, counts, queued, dead, recent }: RelayView) => ({
  name,
  deliveries: counts,
  queue_length: queued.length,
  // The oldest: whoever looks wants to know what holds the others up.
  queue: queued.slice(0, 100).map(queuedJson),
  dead_letters: dead.map(deadJson),
  recent: recent.map(pastJson),
});

const queuedJson = ({ id, key, addedAt, attempts, notBefore, lastError }: QueuedItem) => ({
  id,
  fingerprint: key,
  since: rfc3339(addedAt),
  attempts,
  next_attempt: rfc3339(notBefore),
  last_error: lastError ?? null,
});

const deadJson = ({ id, key, addedAt, attempts, diedAt, lastError }: DeadLetter) => ({
  id,
  fingerprint: key,
  since: rfc3339(addedAt),
  attempts,
  given_up: rfc3339(diedAt),
  last_error: lastError,
});

const pastJson = ({ id, result, at, attempts, error }: PastDelivery) => ({
  id,
  result,
  at: rfc3339(at),
  attempts,
  error: error ?? null,
});
