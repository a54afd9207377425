import type { ReloadAccess } from "../config/sections/control.ts";
import type { Durability } from "../config/sections/storage.ts";
import type { AuthFailures } from "../core/auth-failures.ts";
import type { Clock } from "../core/clock.ts";
import type { ControlAudit } from "../core/control-audit.ts";
import type { Count } from "../core/count.ts";
import type { BlockedBy } from "../core/dependency.ts";
import type { ExpositionFormat } from "../core/exposition-format.ts";
import type { Group } from "../core/group.ts";
import type { HeartbeatState } from "../core/heartbeat.ts";
import type { Log } from "../core/log.ts";
import type { Degradation, Outcome } from "../core/prober.ts";
import type { PublicPage } from "../core/public-page.ts";
import type { Refusals } from "../core/refusals.ts";
import type { AgedResult, Skip } from "../core/result.ts";
import type { Secret } from "../core/secret.ts";
import type { Sharding } from "../core/shard.ts";
import type { TargetStatus } from "../core/status.ts";
import type { Module, Target } from "../core/target.ts";
import type { Seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { ProcessStats } from "../engine/process-stats.ts";
import type { RecentProbes } from "../engine/recent-probes.ts";
import type { Feed } from "../events/feed.ts";
import type { FailoverCommand } from "../failover/driver.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Components } from "../groups/components.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import type { LeaderReplica } from "../leadership/replica.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import type { Actions } from "../notify/actions/actions.ts";
import type { Notifier } from "../notify/notices/notifier.ts";
import type { NotificationReading } from "../notify/notification.ts";
import type { Relays } from "../notify/relays/relays.ts";
import type { PageHtml } from "../page/html.ts";
import type { Page } from "../page/page.ts";
import type { Reporting } from "../report/exporter-report.ts";
import type { Routes } from "../routing/routes.ts";
import type { RequestLimits } from "./request-limits.ts";

/** The part of the configuration that routes read. A reload replaces it as a whole. */
export interface RouteConfig {
  readonly modules: ReadonlyMap<string, Module>;
  /** The reason why a module is off, by name. */
  readonly offModules: ReadonlyMap<string, string>;
  readonly targets: ReadonlyMap<string, Target>;
  /** Returns the targets with this module and address. */
  readonly targetsAt: (module: Module, address: string) => readonly Target[];
  /** Reports whether the module's `allowed_targets` allow a server with this name, at any port; always true without the option. */
  readonly namesHost: (module: Module, hostname: string) => boolean;
  readonly groups: ReadonlyMap<string, Group>;
  /** Views of chosen groups for people outside. */
  readonly pages: readonly PublicPage[];
  /** The group that the health routes report on unless a request names another. */
  readonly healthGroup?: string;
  readonly controlToken?: Secret;
  readonly reloadAccess: ReloadAccess;
  /** The token of the routes of components, which accept the control token as well. */
  readonly componentsToken?: Secret;
  readonly web: {
    /** Patterns of host names that requests may be sent to, in lower case; absent for the default. */
    readonly allowedHosts?: readonly string[];
    /** The host name under which other replicas send requests here. */
    readonly advertisedHost?: string;
    /** False if `/probe` takes configured targets only. */
    readonly probesAny: boolean;
  };
  /** The pings that are stored before they are answered. */
  readonly durability: Durability;
  readonly contextApi: { readonly enabled: boolean; readonly metricsEnabled: boolean };
  /** With shards: this one's number, and what others own. */
  readonly sharding?: Sharding;
  /** Names an option for hints, such as `control.token_file in the configuration`, or the variables for it. */
  readonly settingName: (option: string) => string;
  /** Returns the configuration as YAML, with secrets redacted. */
  readonly redacted: () => Promise<string>;
}

/** The runbooks of alerts. */
export interface Runbooks {
  /** Returns the names of all runbooks, each that of its alert. */
  readonly names: () => Promise<readonly string[]>;
  /** Returns a runbook as Markdown; `undefined` if there is none with this name. */
  readonly text: (name: string) => Promise<string | undefined>;
}

/** A heartbeat found by a probe of `target`, in a log or a lease. */
export interface ProbedHeartbeat {
  readonly target: Target;
  readonly beat: HeartbeatState;
}

/** The current state of a target. */
export interface TargetCondition {
  readonly state: FailoverState;
  /** Unknown while `stale`. */
  readonly status: TargetStatus;
  /** True if the newest result is too old to say anything about the target now, or another replica probes it. */
  readonly stale: boolean;
  /** Present if the status is degraded. */
  readonly degraded?: Degradation;
  readonly latest?: AgedResult;
  /** Present while no probes are sent. */
  readonly skip?: Skip;
}

/** Sections of `/metrics`, in their order. */
export const SECTIONS = ["exporter", "targets", "heartbeats"] as const;
/** A section of `/metrics`. */
export type Section = (typeof SECTIONS)[number];

/** All metrics at one moment. */
export interface MetricsPage {
  /** Renders the page in pieces of some 10,000 characters, the same ones each time. The event loop runs between them. */
  pieces(format: ExpositionFormat): AsyncIterable<string>;
  /** Reports whether the whole page has less than `length` characters. */
  isShorter(length: number, format: ExpositionFormat): Promise<boolean>;
}

/** The results that one scrape has waited for. */
export interface ScrapeReading {
  /** Identities of these results. Scrapes with the same ones, at the same time, may be given one page. */
  readonly basis: readonly unknown[];
  /** Reads everything else. */
  page(): Promise<MetricsPage>;
}

/** Renders metrics. */
export interface MetricsText {
  /** One result for `/probe`, or the reason why there is none. */
  result(shown: AgedResult | Skip, format?: ExpositionFormat): string;
  /** Reads sections for `/metrics`. Targets that are not fresh are probed within the scrape's timeout. */
  read(sections: ReadonlySet<Section>, scrapeTimeout: Seconds): Promise<ScrapeReading>;
}

/** Everything that routes need. They keep no state of their own. */
export interface RouteContext extends Reporting {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Address of the exporter for Prometheus and people; without it, the one that a request was sent to. */
  readonly externalUrl?: URL;
  readonly runbooks: Runbooks;
  readonly routePrefix: string;
  /** Returns the URL of a shard, if one is configured. */
  readonly shardUrl?: (index: number) => URL;
  readonly config: () => RouteConfig;
  readonly authFailures: AuthFailures;
  readonly refusals: Pick<Refusals, "record">;
  readonly limits: RequestLimits;
  /** The audit log of operators' actions. */
  readonly controlAudit: ControlAudit;
  /** Reloads the configuration; rejects with its problems. */
  readonly reload: () => Promise<void>;
  /** False while shutting down. */
  readonly ready: () => boolean;
  /** Resolves to true once all changes so far are in the store, to false if they are only in memory. Never rejects. */
  readonly settle: () => Promise<boolean>;
  /** True if this replica leads; `undefined` without a lease. */
  readonly leader: () => boolean | undefined;
  /** Returns the other replica that leads, if one is known to. */
  readonly otherLeader: () => LeaderReplica | undefined;
  readonly processStats: () => ProcessStats;
  readonly ask: Asker;
  /** Number of requests to `/probe` for modules that are not configured. */
  readonly unknownModules: Count;
  readonly recentProbes: Pick<RecentProbes, "find" | "list">;
  readonly metrics: MetricsText;
  readonly condition: (target: Target) => TargetCondition;
  /** Returns the outcome of the last check of each tier of a target, by name. */
  readonly tiers: (target: Target) => ReadonlyMap<string, Outcome>;
  readonly command: (target: Target, command: FailoverCommand) => FailoverState;
  readonly events: Feed;
  /** Names of targets, push heartbeats, groups, components and routes. */
  readonly names: { has(name: string): boolean };
  readonly health: GroupHealth;
  /** The page, as data and in plain forms. */
  readonly page: Page;
  /** The page, as HTML documents. */
  readonly html: PageHtml;
  /** False with `--web.page=off`. */
  readonly showsPage: boolean;
  /** False with `--web.enable-probe-any=false`. */
  readonly probesAny: boolean;
  readonly components: Components;
  readonly routes: Routes;
  readonly pushes: Register;
  /** The heartbeats in the newest results of all targets. */
  readonly probedHeartbeats: () => readonly ProbedHeartbeat[];
  /** Parses a notification of Alertmanager. */
  readonly readNotification: (body: Buffer) => NotificationReading;
  readonly notifier: Pick<Notifier, "list" | "has" | "replay" | "discard">;
  readonly relays: Relays;
  readonly actions: Actions;
  readonly maintenance: Maintenance;
  /** Returns the dependency that is down and on which a target or heartbeat depends. */
  readonly blockedBy: BlockedBy;
}
