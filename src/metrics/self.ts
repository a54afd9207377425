import { monitorEventLoopDelay } from "node:perf_hooks";
import { collectDefaultMetrics, Registry } from "prom-client";
import { catalogue } from "../catalogue/index.ts";
import type { AlertThresholds } from "../core/alert-thresholds.ts";
import type { AuthFailures } from "../core/auth-failures.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Refusals } from "../core/refusals.ts";
import type { Shard } from "../core/shard.ts";
import type { Seconds } from "../core/units.ts";
import type { ChannelView } from "../notify/notices/notifier.ts";
import type { WebhookCounts } from "../notify/webhooks/webhooks.ts";
import type { StoreStatus } from "../store/file.ts";
import { channelSamples, webhookSamples } from "./alerts.ts";
import { blackboxSamples } from "./blackbox.ts";
import { type FamilyHead, joinPairs, type LineWriter, renderPairs } from "./format.ts";
import type { ReloadStatus } from "./reload-status.ts";

/** The parts that the exporter exposes about itself. */
export interface SelfDeps {
  readonly version: string;
  readonly authFailures: AuthFailures["counts"];
  readonly refusals: Refusals["counts"];
  readonly reload: () => ReloadStatus;
  readonly probes: () => { inFlight: number; queued: number };
  /** Returns true if this replica leads; `undefined` without a lease. */
  readonly leads: () => boolean | undefined;
  /** Returns for how long the exporter did not run since its start. */
  readonly absence: () => Seconds;
  /** Returns for how long the event loop stood still while something waited. */
  readonly stalled: () => Seconds;
  /** Returns the number of operations on files that hang now. */
  readonly hangingFileOperations: () => number;
  readonly eventStreams: () => { readonly open: number; readonly dropped: number };
  readonly webhooks: () => Iterable<WebhookCounts>;
  readonly channels: () => Iterable<ChannelView>;
  /** Returns the number of requests for unknown modules. Only with the metrics of blackbox_exporter. */
  readonly unknownModules?: () => number;
  /** Only with shards. */
  readonly shard?: Shard;
  /** Only with a store. */
  readonly store?: () => StoreFacts;
}

/** A metric of prom-client with its values. */
export interface ProcessFamily extends FamilyHead {
  readonly values: readonly {
    /** The name of the series, if it is not that of the metric. */
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
  }[];
}

/** Metrics about the exporter itself. */
export interface Self {
  /** Makes the samples of the exporter's own parts. Starts a new measurement of the event loop. */
  samples(): Iterable<Sample>;
  /** Returns the metrics of the process and of Node.js. */
  processFamilies(): Promise<readonly ProcessFamily[]>;
  /** Stops measuring the event loop. */
  stop(): void;
}

/** Interval at which the event loop is sampled. The histogram's values include it. */
const RESOLUTION_MS = 20;

/** Starts to measure the process. */
export function createSelf({
  version,
  authFailures,
  refusals,
  reload,
  probes,
  leads,
  absence,
  stalled,
  hangingFileOperations,
  eventStreams,
  webhooks,
  channels,
  unknownModules,
  store,
  shard,
}: SelfDeps): Self {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();

  function* samples(): Generator<Sample> {
    yield sample(catalogue.buildInfo, 1, { version, node_version: process.version });
    if (shard !== undefined) yield* shardSamples(shard);
    const reloaded = reload();
    yield sample(catalogue.configReloadSuccessful, Number(reloaded.lastSuccessful));
    yield sample(catalogue.configReloadTimestamp, reloaded.lastSuccessAt);
    if (unknownModules !== undefined)
      yield* blackboxSamples({ version, ...reloaded, unknownModules: unknownModules() });
    for (const { guard, problem, count } of authFailures())
      yield sample(catalogue.authFailures, count, { guard, credentials: problem });
    for (const { reason, count } of refusals()) yield sample(catalogue.refusedRequests, count, { reason });
    const leading = leads();
    if (leading !== undefined) yield sample(catalogue.exporterLeader, Number(leading));
    yield sample(catalogue.absence, absence());
    yield sample(catalogue.eventLoopStalled, stalled());
    const { inFlight, queued } = probes();
    yield sample(catalogue.probesInFlight, inFlight);
    yield sample(catalogue.probesQueued, queued);
    yield sample(catalogue.fileOperationsHanging, hangingFileOperations());
    const { open, dropped } = eventStreams();
    yield* streamSamples(open, dropped);
    yield* webhookSamples(webhooks());
    yield* channelSamples(channels());
    if (store !== undefined) yield* storeSamples(store());
    if (delay.count > 0) {
      yield sample(catalogue.eventLoopLag, Math.max(0, delay.percentile(99) / 1e9 - RESOLUTION_MS / 1e3));
    }
    delay.reset();
  }

  return {
    samples,
    // Not as text, which prom-client ends as a whole exposition. A copy, because prom-client changes the values in place.
    processFamilies: async () =>
      structuredClone((await registry.getMetricsAsJSON()) as unknown as readonly ProcessFamily[]),
    stop: () => delay.disable(),
  };
}

/** Makes the samples that rules need for alerts about targets, the exporter, or both. */
export function* alertingSamples(url: string, thresholds: AlertThresholds): Generator<Sample> {
  yield sample(catalogue.url, 1, { url });
  for (const [threshold, value] of Object.entries(thresholds))
    yield sample(catalogue.alertThreshold, value, { threshold });
}

/** Makes the samples of the shard. */
function* shardSamples({ index, total }: Shard): Generator<Sample> {
  yield sample(catalogue.shardInfo, 1, { shard: String(index), total_shards: String(total) });
  yield sample(catalogue.shards, total);
}

/** Makes the samples of event streams. */
function* streamSamples(open: number, dropped: number): Generator<Sample> {
  yield sample(catalogue.eventStreams, open);
  yield sample(catalogue.eventStreamsDropped, dropped);
}

/** The state of the store, and the downtime before this start. */
export interface StoreFacts extends StoreStatus {
  readonly downFor: Seconds;
}

/** Makes the samples of the store. */
function* storeSamples({ up, failures, file, downFor }: StoreFacts): Generator<Sample> {
  yield sample(catalogue.storeUp, Number(up));
  for (const [reason, count] of Object.entries(failures))
    yield sample(catalogue.storeWriteFailures, count, { reason });
  yield sample(catalogue.down, downFor);
  if (file === undefined) return;
  yield sample(catalogue.storeSize, file.bytes);
  yield sample(catalogue.storeResults, file.results);
}

/** Renders the metrics of prom-client in parts. */
export function* processParts(families: readonly ProcessFamily[], writer: LineWriter): Generator<string> {
  for (const family of families) {
    let out = writer.header(family);
    for (const { metricName = family.name, labels, value } of family.values) {
      const { le, ...others } = labels;
      const pairs = renderPairs(Object.fromEntries(Object.entries(others).map(([k, v]) => [k, String(v)])));
      const bound =
        le === undefined ? "" : `le="${writer.bound(le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le))}"`;
      out += writer.line(metricName, joinPairs(bound, pairs), value);
    }
    yield out;
  }
}
