import type { Request, Response } from "express";
import type { RelayView } from "../../notify/relays/relays.ts";
import { notificationOf } from "../body.ts";
import { refuseJson } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";
import { type Deliverers, deadLettersRoute, deliveryJson, refuseUnknown } from "./deliveries.ts";

/** `POST /alertmanager/relay/{name}`: turns each change into an event. Answers as soon as the events are stored. */
export const relayRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const relay = context.relays.find(name);
    if (relay === undefined) return refuseUnknown(res, "relay", name);
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
export const replayRoute = (context: RouteContext) =>
  deadLettersRoute(relays(context), "replay", context.log);

/** `DELETE /api/v1/relay/{name}/dead-letters[?id=]`: deletes dead letters, all of them or one. */
export const discardRoute = (context: RouteContext) =>
  deadLettersRoute(relays(context), "discard", context.log);

const relays = (context: RouteContext): Deliverers => ({
  kind: "relay",
  has: (name) => context.relays.find(name) !== undefined,
  replay: (name, id) => context.relays.replay(name, id),
  discard: (name, id) => context.relays.discard(name, id),
});

const relayJson = ({ name, counts: { truncated, ...results }, queued, dead, recent }: RelayView) => ({
  name,
  deliveries: results,
  truncated_alerts: truncated,
  queue_length: queued.length,
  // The oldest first: they are what delays the others.
  queue: queued.slice(0, 100).map(json.queued),
  dead_letters: dead.map(json.dead),
  recent: recent.map(json.past),
});

/** Facts of an event are null for events that were queued by version 0.1. */
const json = deliveryJson((about, key) => ({
  fingerprint: about?.fingerprint ?? key ?? null,
  machine: about?.subject ?? null,
  event: about?.event ?? null,
  alert: about?.alert ?? null,
}));
