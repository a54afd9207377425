import type { Request, Response } from "express";
import { rfc3339 } from "../../core/units.ts";
import type { ItemFacts, ReceiverResponse } from "../../notify/delivery/retry.ts";
import type { ChannelView } from "../../notify/notices/notifier.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /api/v1/notify`: queues, latest deliveries and dead letters of the channels, without texts and addresses. */
export const channelsRoute =
  ({ notifier }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ channels: notifier.list().map(channelJson) });
  };

/** `POST /api/v1/notify/{name}/replay[?id=]`: queues dead letters again, all of them or one. */
export const replayMessagesRoute = (context: RouteContext) => deadLettersRoute(context, "replay");

/** `DELETE /api/v1/notify/{name}/dead-letters[?id=]`: deletes dead letters, all of them or one. */
export const discardMessagesRoute = (context: RouteContext) => deadLettersRoute(context, "discard");

const deadLettersRoute =
  ({ notifier, log }: RouteContext, operation: "replay" | "discard") =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (!notifier.has(name))
      return refuseJson(
        res,
        404,
        `channel: got ${JSON.stringify(name)}, want the name of a configured channel`,
      );
    const id = queryOf(req).get("id") ?? undefined;
    const count = notifier[operation](name, id);
    if (count === 0 && id !== undefined)
      return refuseJson(res, 404, `id: got ${JSON.stringify(id)}, want the id of a dead letter`);
    const done = operation === "replay" ? { replayed: count } : { discarded: count };
    log.warn({ channel: name, ...done, from: req.ip }, "dead letters replayed or discarded by an operator");
    res.json(done);
  };

const channelJson = ({ name, preset, counts, queued, dead, recent }: ChannelView) => ({
  name,
  preset,
  deliveries: { delivered: counts.delivered, retried: counts.retried, dead: counts.dead },
  queue: queued.map(({ id, about, addedAt, attempts, notBefore, lastError, lastResponse }) => ({
    id,
    ...aboutJson(about),
    since: rfc3339(addedAt),
    attempts,
    next_attempt: rfc3339(notBefore),
    last_error: lastError ?? null,
    last_response: responseJson(lastResponse),
  })),
  dead_letters: dead.map(({ id, about, addedAt, attempts, diedAt, lastError, lastResponse }) => ({
    id,
    ...aboutJson(about),
    since: rfc3339(addedAt),
    attempts,
    given_up: rfc3339(diedAt),
    last_error: lastError,
    last_response: responseJson(lastResponse),
  })),
  recent: recent.map(({ id, about, result, at, attempts, error, response }) => ({
    id,
    ...aboutJson(about),
    result,
    at: rfc3339(at),
    attempts,
    error: error ?? null,
    response: responseJson(response),
  })),
});

const aboutJson = (about: ItemFacts | undefined) => ({
  subjects: about?.subject ?? null,
  events: about?.event ?? null,
});

/** Shows what the service responded; null if it did not. */
const responseJson = (response: ReceiverResponse | undefined) =>
  response === undefined ? null : { status: response.status, body: response.excerpt };
