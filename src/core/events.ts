import type { EventFacts } from "./history.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The types of events as programs see them: the `event:` of a stream, and what webhooks ask for. */
export const EVENT_TYPES = [
  "mode",
  "health",
  "status",
  "force",
  "overdue",
  "heartbeat.offline",
  "heartbeat.online",
  "group",
  "reload",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Lunasentri's words for heartbeats. */
const MACHINE_WORDS = ["machine.offline", "machine.online"] as const;

/** Every word by which events are asked for. */
export const EVENT_WORDS = [...EVENT_TYPES, ...MACHINE_WORDS] as const;
export type EventWord = (typeof EVENT_WORDS)[number];

/** The type that `word` names, `undefined` when it names none. */
export function eventType(word: string): EventType | undefined {
  const known = EVENT_WORDS.find((one) => one === word);
  if (known === "machine.offline") return "heartbeat.offline";
  return known === "machine.online" ? "heartbeat.online" : known;
}

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
    case "reload":
      return kind;
  }
}

/** Who is told of events, and of which. */
export interface EventWebhook {
  readonly name: string;
  /** Kept as a secret, because many hold one. */
  readonly url: Secret;
  readonly words: ReadonlySet<EventWord>;
  /** Names of targets, heartbeats or groups; all without. */
  readonly subjects?: ReadonlySet<string>;
  /** What bodies are signed with. */
  readonly secret?: Secret;
  /** The one before it, while receivers still know only that. */
  readonly previousSecret?: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
  /** Of one attempt. */
  readonly timeout: Seconds;
  /** What could not be delivered for so long is dropped. */
  readonly maxAge: Seconds;
}
