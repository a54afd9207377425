import type { Request, Response } from "express";
import type { Log } from "../../core/log.ts";
import { rfc3339 } from "../../core/units.ts";
import type { DeadLetter, ItemFacts, QueuedItem, ReceiverResponse } from "../../notify/delivery/retry.ts";
import type { PastDelivery } from "../../notify/relays/audit.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";

/** Parts of a notifier that deliver through a queue: channels, or relays. */
export interface Deliverers {
  readonly kind: "channel" | "relay";
  /** Reports whether one of this name is configured. */
  has(name: string): boolean;
  /** Queues dead letters again, or the one with the id. Returns their number. */
  replay(name: string, id: string | undefined): number;
  /** Deletes dead letters, or the one with the id. Returns their number. */
  discard(name: string, id: string | undefined): number;
}

/** Replays or discards the dead letters of a channel or relay, all of them or the one of the parameter `id`. */
export const deadLettersRoute =
  (deliverers: Deliverers, operation: "replay" | "discard", log: Log) =>
  (req: Request, res: Response): void => {
    const { kind } = deliverers;
    const name = String(req.params["name"]);
    if (!deliverers.has(name)) return refuseUnknown(res, kind, name);
    const id = queryOf(req).get("id") ?? undefined;
    const count = deliverers[operation](name, id);
    if (count === 0 && id !== undefined)
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want the id of a dead letter`);
    const done = operation === "replay" ? { replayed: count } : { discarded: count };
    log.warn({ [kind]: name, ...done, from: req.ip }, "dead letters replayed or discarded by an operator");
    res.json(done);
  };

/** Refuses a name that is not configured, with 404. */
export const refuseUnknown = (res: Response, kind: Deliverers["kind"], name: string): void =>
  refuseJson(res, 404, `${kind}: got ${JSON.stringify(name)}, want the name of a configured ${kind}`);

/** The facts that an API shows of an item. `key` is the fingerprint of an item that has no facts of its own. */
type AboutJson = (about: ItemFacts | undefined, key?: string) => object;

/** Returns the JSON of queued, dead and past deliveries, each with the facts that `aboutJson` shows. */
export const deliveryJson = (aboutJson: AboutJson) => ({
  queued: ({ id, key, about, addedAt, attempts, notBefore, lastError, lastResponse }: QueuedItem) => ({
    id,
    ...aboutJson(about, key),
    since: rfc3339(addedAt),
    attempts,
    next_attempt: rfc3339(notBefore),
    last_error: lastError ?? null,
    last_response: responseJson(lastResponse),
  }),
  dead: ({ id, key, about, addedAt, attempts, diedAt, lastError, lastResponse }: DeadLetter) => ({
    id,
    ...aboutJson(about, key),
    since: rfc3339(addedAt),
    attempts,
    given_up: rfc3339(diedAt),
    last_error: lastError,
    last_response: responseJson(lastResponse),
  }),
  past: ({ id, about, result, at, attempts, error, response }: PastDelivery) => ({
    id,
    ...aboutJson(about),
    result,
    at: rfc3339(at),
    attempts,
    error: error ?? null,
    response: responseJson(response),
  }),
});

/** Shows what the receiver responded; null if it did not. */
const responseJson = (response: ReceiverResponse | undefined) =>
  response === undefined ? null : { status: response.status, body: response.excerpt };
