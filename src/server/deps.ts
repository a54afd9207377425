import type { Reporting } from "../app/reporting.ts";
import type { Clock } from "../core/clock.ts";
import type { Group } from "../core/group.ts";
import type { HeartbeatState } from "../core/heartbeat.ts";
import type { Log } from "../core/log.ts";
import type { AgedResult, Skip } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import type { Module, Target } from "../core/target.ts";
import type { Seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { ProcessStats } from "../engine/process-stats.ts";
import type { PastProbe } from "../engine/recent-probes.ts";
import type { Feed } from "../events/feed.ts";
import type { FailoverCommand } from "../failover/driver.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Components } from "../groups/components.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import type { Actions } from "../notify/actions/actions.ts";
import type { NotificationReading } from "../notify/notification.ts";
import type { Relays } from "../notify/relays/relays.ts";

/** The part of the configuration that the routes look at; a reload replaces it. */
export interface Current {
  readonly modules: ReadonlyMap<string, Module>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly groups: ReadonlyMap<string, Group>;
  /** The group that the health routes speak of. */
  readonly healthGroup?: string;
  readonly controlToken?: Secret;
  readonly contextApi: { readonly enabled: boolean; readonly metricsEnabled: boolean };
  /** The configuration as YAML with its secrets redacted. */
  readonly redacted: string;
}

/** Everything that the routes need, as functions: they hold no state of their own. */
export interface RouteContext extends Reporting {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Address under which Prometheus and people reach the exporter, if it is not the one they asked. */
  readonly externalUrl?: URL;
  readonly routePrefix: string;
  readonly current: () => Current;
  readonly ask: Asker;
  readonly state: (target: Target) => FailoverState;
  readonly command: (target: Target, command: FailoverCommand) => FailoverState;
  /** The status of groups and what they are made of, and components that report themselves. */
  readonly health: GroupHealth;
  readonly components: Components;
  readonly vitals: () => ProcessStats;
  /** What happens. */
  readonly events: Feed;
  /** Whether a target, a heartbeat or a group has that name. */
  readonly knowsName: (name: string) => boolean;
  /** The recent probes, the newest first, and one by the number of its result. */
  readonly pastProbes: () => readonly PastProbe[];
  readonly pastProbe: (id: number) => PastProbe | undefined;
  /** Whether this replica leads; `undefined` where there is no lease to hold. */
  readonly leads: () => boolean | undefined;
  /** Loads the configuration anew; rejects with what is wrong with it. */
  readonly reload: () => Promise<void>;
  /** Whether requests may be sent here: not before the first configuration, nor while shutting down. */
  readonly ready: () => boolean;
  /** A result, or why there is none, in the text format. */
  readonly resultText: (shown: AgedResult | Skip) => string;
  /** The sections of `/metrics`: all configured targets, asked within the time, and the exporter itself. */
  readonly targetsText: (scrapeTimeout: Seconds) => Promise<string>;
  readonly selfText: () => Promise<string>;
  /** What is done about alerts, and when nothing is. */
  readonly readNotification: (body: Buffer) => NotificationReading;
  readonly relays: Relays;
  readonly actions: Actions;
  readonly maintenance: Maintenance;
  /** What pings. */
  readonly pushes: Register;
  /** What probes heard of others, by the newest results. */
  readonly heardBeats: () => readonly ProbedHeartbeat[];
  /** The section of `/metrics` about heartbeats, in pieces between which others have their turn. */
  readonly heartbeatsText: () => AsyncIterable<Buffer>;
}

/** A heartbeat that a probe of `target` heard. */
export interface ProbedHeartbeat {
  readonly target: Target;
  readonly beat: HeartbeatState;
}
