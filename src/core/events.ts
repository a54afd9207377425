import type { EventFacts } from "./history.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The types of events in the API: the `event:` of a stream, and what webhooks subscribe to. */
export const EVENT_TYPES = [
  "mode",
  "health",
  "status",
  "force",
  "overdue",
  "heartbeat.offline",
  "heartbeat.online",
  "group",
  "component",
  "reload",
  "certificate",
  "budget",
] as const;
/** One of `EVENT_TYPES`. */
export type EventType = (typeof EVENT_TYPES)[number];

/** Lunasentri's names for the events of heartbeats. */
const MACHINE_WORDS = ["machine.offline", "machine.online"] as const;

/** Every name that a webhook can subscribe to. */
export const EVENT_WORDS = [...EVENT_TYPES, ...MACHINE_WORDS] as const;
/** One of `EVENT_WORDS`. */
export type EventWord = (typeof EVENT_WORDS)[number];

/** Returns the event type that `word` names; `undefined` for an unknown word. */
export function eventType(word: string): EventType | undefined {
  const known = EVENT_WORDS.find((one) => one === word);
  if (known === "machine.offline") return "heartbeat.offline";
  return known === "machine.online" ? "heartbeat.online" : known;
}

/** Returns the type of an event. */
export function typeOf({ kind, to }: EventFacts): EventType {
  switch (kind) {
    case "forced":
    case "force_ended":
      return "force";
    case "heartbeat":
      return to === "up" ? "heartbeat.online" : "heartbeat.offline";
    case "mode":
    case "health":
    case "status":
    case "overdue":
    case "group":
    case "component":
    case "reload":
    case "certificate":
    case "budget":
      return kind;
  }
}

/** A receiver of events and its subscriptions. */
export interface EventWebhook {
  readonly name: string;
  /** A secret, because many URLs of webhooks contain a token. */
  readonly url: Secret;
  readonly words: ReadonlySet<EventWord>;
  /** Names of targets, heartbeats, groups or components; absent for all. */
  readonly subjects?: ReadonlySet<string>;
  /** The key that signs bodies. */
  readonly secret?: Secret;
  /** The previous key, for receivers that do not know the new one yet. */
  readonly previousSecret?: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Timeout of one attempt. */
  readonly timeout: Seconds;
  /** Age at which an undelivered event is dropped. */
  readonly maxAge: Seconds;
}
