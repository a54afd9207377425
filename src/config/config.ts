import type { ActionSetup } from "../core/action.ts";
import type { AlertThresholds } from "../core/alert-thresholds.ts";
import type { Channel } from "../core/channel.ts";
import type { EventWebhook } from "../core/events.ts";
import type { Group } from "../core/group.ts";
import type { MaintenanceWindow } from "../core/maintenance.ts";
import type { Metric } from "../core/metric.ts";
import type { Prices } from "../core/money.ts";
import type { Prober } from "../core/prober.ts";
import type { PublicPage } from "../core/public-page.ts";
import type { PushSetup } from "../core/push-heartbeat.ts";
import type { Relay } from "../core/relay.ts";
import type { Route } from "../core/route.ts";
import type { Shard, Sharding } from "../core/shard.ts";
import type { Target } from "../core/target.ts";
import type { Environment } from "./document/convert.ts";
import type { Formats } from "./document/formats.ts";
import type { ComponentAccess } from "./sections/components.ts";
import type { ContextApi } from "./sections/context-api.ts";
import type { Control } from "./sections/control.ts";
import type { Health } from "./sections/health.ts";
import type { LeaseConfig } from "./sections/lease.ts";
import type { ProbeLimits } from "./sections/limits.ts";
import type { ModuleSet } from "./sections/module-set.ts";
import type { PluginFindings } from "./sections/plugins.ts";
import type { Storage } from "./sections/storage.ts";
import type { WebSection } from "./sections/web.ts";
import type { SettingName } from "./setting-name.ts";

/** The sections of the configuration, checked and ready to use; one line per section. */
export interface Sections extends ModuleSet {
  readonly targets: readonly Target[];
  /** `heartbeats` and `heartbeat_registration`. */
  readonly push: PushSetup;
  /** In the order of the file, and without cycles. */
  readonly groups: readonly Group[];
  readonly health: Health;
  /** In the order of the file. */
  readonly routes: readonly Route[];
  /** Thresholds of alerts about targets without their own. */
  readonly alertThresholds: AlertThresholds;
  /** Views of chosen groups for people outside. */
  readonly pages: readonly PublicPage[];
  /** Prices of tokens by model. */
  readonly prices: Prices;
  readonly relays: readonly Relay[];
  readonly actions: ActionSetup;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly webhooks: readonly EventWebhook[];
  /** Channels of messages to people. */
  readonly notify: readonly Channel[];
  readonly limits: ProbeLimits;
  /** Without a Lease every replica sends its own prompts. */
  readonly lease?: LeaseConfig;
  readonly control: Control;
  readonly components: ComponentAccess;
  readonly storage: Storage;
  readonly web: WebSection;
  readonly contextApi: ContextApi;
}

/** The configuration, checked and ready to use. */
export interface Config extends Sections {
  /** With shards: this one's number, and what others own. The sections have only what is its own. */
  readonly sharding?: Sharding;
  /** Returns the configuration as YAML with every secret replaced, for `GET /config`. */
  readonly redacted: () => Promise<string>;
  /** Names options for hints: as keys of a file or, if there is none, as environment variables. */
  readonly settingName: SettingName;
  /** Settings that work but are questionable: one sentence each, with its place. */
  readonly warnings: readonly string[];
}

/** The parts of the program that the configuration is checked against. */
export interface ConfigDeps {
  readonly probers: readonly Prober[];
  /** Every metric of the exporter and of `probers`, whose names metrics of users must not take. */
  readonly metrics: readonly Metric[];
  /** Formats that the probers' schemas use besides those of the configuration, such as `regexp`. */
  readonly formats: Formats;
  /** Results of loading the plugins; the probers of loaded plugins are among `probers`. */
  readonly plugins?: PluginFindings;
  /** The shard of this exporter, which works on a part of the configuration; without it on all of it. */
  readonly shard?: Shard;
  /** Without `shard`: the number of shards to check the whole configuration for. */
  readonly totalShards?: number;
}

/** The origin of a configuration: a file, the environment alone, or a text. `env` fills the `${NAME}` of a file. */
export type ConfigSource =
  | { readonly kind: "file"; readonly path: string; readonly env: Environment }
  | { readonly kind: "environment"; readonly env: Environment }
  | { readonly kind: "text"; readonly name: string; readonly text: string };
