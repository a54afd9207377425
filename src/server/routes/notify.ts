import type { Request, Response } from "express";
import type { ChannelView } from "../../notify/notices/notifier.ts";
import type { RouteContext } from "../route-context.ts";
import { type Deliverers, deadLettersRoute, deliveryJson } from "./deliveries.ts";

/** `GET /api/v1/notify`: queues, latest deliveries and dead letters of the channels, without texts and addresses. */
export const channelsRoute =
  ({ notifier }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ channels: notifier.list().map(channelJson) });
  };

/** `POST /api/v1/notify/{name}/replay[?id=]`: queues dead letters again, all of them or one. */
export const replayMessagesRoute = (context: RouteContext) =>
  deadLettersRoute(channels(context), "replay", context.log);

/** `DELETE /api/v1/notify/{name}/dead-letters[?id=]`: deletes dead letters, all of them or one. */
export const discardMessagesRoute = (context: RouteContext) =>
  deadLettersRoute(channels(context), "discard", context.log);

const channels = ({ notifier }: RouteContext): Deliverers => ({
  kind: "channel",
  has: (name) => notifier.has(name),
  replay: (name, id) => notifier.replay(name, id),
  discard: (name, id) => notifier.discard(name, id),
});

const channelJson = ({ name, preset, counts, queued, dead, recent }: ChannelView) => ({
  name,
  preset,
  deliveries: { delivered: counts.delivered, retried: counts.retried, dead: counts.dead },
  queue: queued.map(json.queued),
  dead_letters: dead.map(json.dead),
  recent: recent.map(json.past),
});

const json = deliveryJson((about) => ({
  subjects: about?.subject ?? null,
  events: about?.event ?? null,
}));
