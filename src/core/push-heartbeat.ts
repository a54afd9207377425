import type { Dependency } from "./dependency.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The last segment of a ping's path. A heartbeat cannot have such a name. */
export const PING_ACTION = /^(?:start|fail|log|\d+)$/;

/** The identity of one run, as in healthchecks.io: a UUID of any version, in lower case. */
export const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The times at which a heartbeat is expected. `grace` is how late it may come. */
export type PushSchedule =
  | { readonly kind: "every"; readonly every: Seconds; readonly grace: Seconds }
  | {
      readonly kind: "cron";
      /** Five fields: minute, hour, day of month, month, day of week. */
      readonly cron: string;
      readonly timeZone: string;
      readonly grace: Seconds;
    };

/** A configured or registered heartbeat that pings. */
export interface PushHeartbeat {
  readonly name: string;
  /** One word such as `machine`, `job` or `service`. */
  readonly kind: string;
  /** Silence after which it is down; with a cron schedule, how late it may be. */
  readonly timeout: Seconds;
  /** Longest duration of a run, from start to end. */
  readonly startTimeout: Seconds;
  readonly schedule?: PushSchedule;
  readonly hostname?: string;
  readonly owner?: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly critical: boolean;
  /** Without these it cannot report; absent for none. */
  readonly dependsOn?: readonly Dependency[];
  /** The token that its pings must carry; without one, pings are accepted from any client. */
  readonly token?: Secret;
}

/** Settings for heartbeats that are not configured, and register with their first ping. */
export interface Registration {
  /** The token that every ping must carry; without one, any client can register. */
  readonly token?: Secret;
  /** Most registered heartbeats. */
  readonly max: number;
  /** Time without a ping after which a registered heartbeat expires. */
  readonly expireAfter: Seconds;
  readonly kind: string;
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
  readonly schedule?: PushSchedule;
  /** Pattern for allowed names; `*` matches any text. */
  readonly namePattern: string;
  /** With shards: returns false for names of another shard. */
  readonly owns?: (name: string) => boolean;
}

/** The configuration of push heartbeats. */
export interface PushSetup {
  readonly heartbeats: readonly PushHeartbeat[];
  readonly registration?: Registration;
  /** The timeout of heartbeats without one of their own. */
  readonly defaultTimeout: Seconds;
  /** Interval at which timeouts are checked; without one they are detected at once. */
  readonly checkInterval?: Seconds;
  /** True if the configuration mentions heartbeats at all. */
  readonly configured: boolean;
}
