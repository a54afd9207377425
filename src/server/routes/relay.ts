import type { Request, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { DeadLetter, QueuedItem } from "../../notify/delivery/retry.ts";
import type { PastDelivery, RelayView } from "../../notify/relays/relays.ts";
import { notificationOf } from "../body.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `POST /alertmanager/relay/{name}`: turns each new alert into an event. Answers as soon as the events are stored. */
export const relayRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const relay = context.relays.find(name);
    if (relay === undefined) return unknownRelay(res, name);
    const group = await notificationOf(relay.auth, req, res, context);
    if (group === undefined) return;
    const intake = await context.relays.accept(name, group);
    if (intake.kind === "refused") {
      res.set("Retry-After", "10");
      return refuseJson(res, 503, intake.text);
    }
    res.json({ events: intake.events, known: intake.known });
  };

/** `GET /api/v1/relay`: queues, latest deliveries and dead letters, without bodies and addresses. */
export const relaysRoute =
  ({ relays }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ relays: relays.list().map(relayJson) });
  };

/** `POST /api/v1/relay/{name}/replay[?id=]`: queues dead letters again, all of them or one. */
export const replayRoute = (context: RouteContext) => deadLettersRoute(context, "replay");

/** `DELETE /api/v1/relay/{name}/dead-letters[?id=]`: deletes dead letters, all of them or one. */
export const discardRoute = (context: RouteContext) => deadLettersRoute(context, "discard");

const deadLettersRoute =
  ({ relays, log }: RouteContext, operation: "replay" | "discard") =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (relays.find(name) === undefined) return unknownRelay(res, name);
    const id = queryOf(req).get("id") ?? undefined;
    const count = relays[operation](name, id);
    if (count === 0 && id !== undefined) {
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want the id of a dead letter`);
    }
    const done = operation === "replay" ? { replayed: count } : { discarded: count };
    log.warn({ relay: name, ...done, from: req.ip }, "dead letters replayed or discarded by an operator");
    res.json(done);
  };

const unknownRelay = (res: Response, name: string): void =>
  refuseJson(res, 404, `relay: got ${JSON.stringify(name)}, want the name of a configured relay`);

const relayJson = ({ name, counts, queued, dead, recent }: RelayView) => ({
  name,
  deliveries: counts,
  queue_length: queued.length,
  // The oldest first: they are what delays the others.
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
