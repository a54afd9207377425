import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** What may stand after the name in the path of a ping, so that no heartbeat is called like it. */
export const PING_ACTION = /^(?:start|fail|log|\d+)$/;

/** The identity of one run, as healthchecks.io takes it: a UUID of any version; kept in lower case. */
export const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Something that pings: how long it may be silent, and what is known about it. */
export interface PushHeartbeat {
  readonly name: string;
  /** What it is, in one word: `machine`, `job`, `service`. */
  readonly kind: string;
  /** How long it may be silent. */
  readonly timeout: Seconds;
  /** How long it may take from a start to its end. */
  readonly startTimeout: Seconds;
  readonly hostname?: string;
  readonly owner?: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly critical: boolean;
  /** What its pings have to show; without one they are taken from anybody. */
  readonly token?: Secret;
}

/** How heartbeats that nobody configured become known: by their first ping. */
export interface Registration {
  /** What the first ping, and every later one, has to show; without one registration is open to all. */
  readonly token?: Secret;
  /** How many there may be. */
  readonly max: number;
  /** Who does not ping for this long is forgotten. */
  readonly expireAfter: Seconds;
  readonly kind: string;
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
  /** Names that may be taken, with `*` for any text. */
  readonly namePattern: string;
}

/** All that is configured about heartbeats by push. */
export interface PushSetup {
  readonly heartbeats: readonly PushHeartbeat[];
  readonly registration?: Registration;
  /** The timeout of those that have none of their own. */
  readonly defaultTimeout: Seconds;
  /** Silence is announced at beats this far apart; without it at once. */
  readonly checkInterval?: Seconds;
  /** Whether anything at all was said about heartbeats. */
  readonly configured: boolean;
}
