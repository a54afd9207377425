import type { ActionSetup } from "../core/action.ts";
import type { EventWebhook } from "../core/events.ts";
import type { Group } from "../core/group.ts";
import type { MaintenanceWindow } from "../core/maintenance.ts";
import type { Metric } from "../core/metric.ts";
import type { Prices } from "../core/money.ts";
import type { Prober } from "../core/prober.ts";
import type { PushSetup } from "../core/push-heartbeat.ts";
import type { Relay } from "../core/relay.ts";
import type { Secret } from "../core/secret.ts";
import type { Module, Target } from "../core/target.ts";
import type { Environment } from "./document/convert.ts";
import type { Formats } from "./document/validate.ts";
import type { LeaseConfig } from "./sections/lease.ts";
import type { Storage } from "./sections/storage.ts";

/** The configuration, checked and ready to use. */
export interface Config {
  readonly modules: ReadonlyMap<string, Module>;
  readonly targets: readonly Target[];
  /** In the order of the file, and without cycles. */
  readonly groups: readonly Group[];
  /** The group that the health routes speak of; without one they speak of the exporter. */
  readonly health: { readonly group?: string };
  /** What tokens cost, by model. */
  readonly prices: Prices;
  /** What pings, and who may begin to. */
  readonly push: PushSetup;
  readonly relays: readonly Relay[];
  readonly actions: ActionSetup;
  readonly maintenance: readonly MaintenanceWindow[];
  readonly limits: {
    readonly maxConcurrentProbes: number;
    readonly maxConcurrentProbesPerHost: number | undefined;
  };
  /** Without one every replica sends its own prompts. */
  readonly lease?: LeaseConfig;
  /** Without a token control routes are disabled. */
  readonly control: { readonly token?: Secret };
  readonly storage: Storage;
  readonly webhooks: readonly EventWebhook[];
  readonly contextApi: { readonly enabled: boolean; readonly metricsEnabled: boolean };
  /** The configuration as YAML with every secret replaced, for `GET /config`. */
  readonly redacted: string;
  /** What works and is questionable all the same, one sentence each, with its place. */
  readonly warnings: readonly string[];
}

/** What the rest of the program contributes. */
export interface ConfigDeps {
  readonly probers: readonly Prober[];
  /** Every metric of the exporter and of `probers`: metrics that users name have other names. */
  readonly metrics: readonly Metric[];
  /** Formats that the probers' schemas use, `regexp` and `uri` for example. Durations are known already. */
  readonly formats: Formats;
  /** What became of the files under `plugins`, by their absolute paths. Their probers are among `probers`. */
  readonly plugins?: ReadonlyMap<
    string,
    { readonly problem?: { readonly got: string; readonly want: string }; readonly warning?: string }
  >;
}

/** Where a configuration comes from: a file, whose `${NAME}`s `env` fills, the environment alone, or a text at hand. */
export type ConfigSource =
  | { readonly kind: "file"; readonly path: string; readonly env: Environment }
  | { readonly kind: "environment"; readonly env: Environment }
  | { readonly kind: "text"; readonly name: string; readonly text: string };
