import type { Request, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { DeadLetter, ItemFacts, QueuedItem, ReceiverResponse } from "../../notify/delivery/retry.ts";
import type { PastDelivery } from "../../notify/relays/audit.ts";
import type { RelayView } from "../../notify/relays/relays.ts";
import { notificationOf } from "../body.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `POST /alertmanager/relay/{name}`: turns each change into an event. Answers as soon as the events are stored. */
export const relayRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const relay = context.relays.find(name);
    if (relay === undefined) return unknownRelay(res, name);
    const group = await notificationOf(relay, "relay", req, res, context);
    if (group === undefined) return;
    const intake = await context.relays.accept(name, group);
    if (intake.kind === "refused") {
      res.set("Retry-After", "10");
      return refuseJson(res, 503, intake.text);
    }
    const { events, known } = intake;
    res.json({ events, known, ...(group.truncated === 0 ? {} : { truncated: group.truncated }) });
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

const relayJson = ({ name, counts: { truncated, ...results }, queued, dead, recent }: RelayView) => ({
  name,
  deliveries: results,
  truncated_alerts: truncated,
  queue_length: queued.length,
  // The oldest first: they are what delays the others.
  queue: queued.slice(0, 100).map(queuedJson),
  dead_letters: dead.map(deadJson),
  recent: recent.map(pastJson),
});

/** Shows what an event is about; null for events that were queued by version 0.1. */
const aboutJson = (about: ItemFacts | undefined, key?: string) => ({
  fingerprint: about?.fingerprint ?? key ?? null,
  machine: about?.subject ?? null,
  event: about?.event ?? null,
  alert: about?.alert ?? null,
});

/** Shows what the receiver responded; null if it did not. */
const responseJson = (response: ReceiverResponse | undefined) =>
  response === undefined ? null : { status: response.status, body: response.excerpt };

const queuedJson = ({
  id,
  key,
  about,
  addedAt,
  attempts,
  notBefore,
  lastError,
  lastResponse,
}: QueuedItem) => ({
  id,
  ...aboutJson(about, key),
  since: rfc3339(addedAt),
  attempts,
  next_attempt: rfc3339(notBefore),
  last_error: lastError ?? null,
  last_response: responseJson(lastResponse),
});

const deadJson = ({ id, key, about, addedAt, attempts, diedAt, lastError, lastResponse }: DeadLetter) => ({
  id,
  ...aboutJson(about, key),
  since: rfc3339(addedAt),
  attempts,
  given_up: rfc3339(diedAt),
  last_error: lastError,
  last_response: responseJson(lastResponse),
});

const pastJson = ({ id, about, result, at, attempts, error, response }: PastDelivery) => ({
  id,
  ...aboutJson(about),
  result,
  at: rfc3339(at),
  attempts,
  error: error ?? null,
  response: responseJson(response),
});
