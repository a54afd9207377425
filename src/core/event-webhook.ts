import type { EventWord } from "./event-type.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

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
