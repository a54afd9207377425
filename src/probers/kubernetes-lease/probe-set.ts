import type { ClusterOptions } from "../../core/lease.ts";
import { type Sample, sample } from "../../core/metric.ts";
import {
  failed,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type ProbeTarget,
  succeeded,
  type Warning,
} from "../../core/prober.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { type CarriedSilence, carriedSilences, storeSilences, storeUnread } from "./carried.ts";
import type { MemberLease, Since } from "./lease-set.ts";
import { leaseMetrics } from "./metrics.ts";
import type { LeaseReason } from "./reasons.ts";
import { processReflectors, type WatchedLeases } from "./reflectors.ts";

/** A module whose targets are the Leases of a namespace that a selector matches. */
export interface SetModule {
  readonly kind: "set";
  readonly cluster: ClusterOptions;
  readonly selector: string;
  /** Fewest Leases with which a probe succeeds. */
  readonly least: number;
  /** Most Leases that are watched. */
  readonly most: number;
  readonly timeout: Seconds | undefined;
  /** The collections that its targets watch, by namespace. */
  readonly watches: Map<string, TargetWatch>;
  /** Aborts when the module is no longer in use. */
  readonly disposed: AbortController;
}

/** A collection that a target watches. */
interface TargetWatch {
  readonly namespace: string;
  readonly leases: WatchedLeases;
  /** The silences that earlier watches have seen. */
  readonly carried: (name: string, timeout: Seconds) => CarriedSilence | undefined;
  /** The samples of each Lease, which results share: as many results are kept as there are probes to show. */
  readonly samples: Map<string, Readonly<Record<"up" | "down", Sample>>>;
}

/**
 * Probes the Leases of a namespace. The watch of a configured target goes on until its module is disposed of; any other target is
 * listed once, so that requests leave nothing open.
 */
export async function probeSet(
  { address: namespace, configured }: ProbeTarget,
  module: SetModule,
  context: ProbeContext,
): Promise<ProbeResult<LeaseReason>> {
  const { log, clock } = context;
  const isKept = configured && !module.disposed.signal.aborted;
  const watch = module.watches.get(namespace) ?? open(namespace, module, context);
  if (isKept) module.watches.set(namespace, watch);
  try {
    log("reading the leases", { namespace, selector: module.selector });
    const started = clock.monotonic();
    const failure = await watch.leases.confirm(() => hasExpired(watch, module), context.signal);
    log("leases", {
      ...(failure === undefined ? { matched: watch.leases.leases().size } : { failure: failure.detail }),
      seconds: clock.monotonic() - started,
    });
    if (failure === undefined) return judge(watch, module, context);
    storeUnread(context.memory, keyOf(namespace));
    return { outcome: failed(failure.reason, failure.detail), samples: [] };
  } finally {
    if (module.watches.get(namespace) !== watch) watch.leases.close();
  }
}

/** Ends the watches of a module. */
export function disposeSet({ watches, disposed }: SetModule): void {
  disposed.abort();
  for (const { leases } of watches.values()) leases.close();
  watches.clear();
}

/** The key of a collection in the memory of its module; that of a single Lease has a slash. */
const keyOf = (namespace: string): string => namespace;

function open(
  namespace: string,
  { cluster, selector, most, timeout }: SetModule,
  { clock, memory }: ProbeContext,
): TargetWatch {
  return {
    namespace,
    leases: processReflectors.watch({ cluster, collection: { namespace, selector }, most, timeout }, clock),
    carried: carriedSilences(memory, keyOf(namespace), clock),
    samples: new Map(),
  };
}

/** Returns the point from which the silence of a Lease counts, of the watch or of an earlier one. */
function sinceOf(lease: MemberLease, timeout: Seconds, { leases, carried }: TargetWatch): Since {
  if (!lease.isFound) return lease.since;
  const before = carried(lease.name, timeout);
  if (before === undefined || before.renewTime !== (lease.renewTime ?? "")) return lease.since;
  const at = seconds(leases.joined.at - before.silence);
  return at < lease.since.at ? { ...leases.joined, at, spared: before.spared } : lease.since;
}

const timeoutOf = ({ duration }: MemberLease, { timeout }: SetModule): Seconds | undefined =>
  timeout ?? duration;

/** Reports whether a Lease has expired since the last list, unless the watch has missed its renewal. */
function hasExpired(watch: TargetWatch, module: SetModule): boolean {
  for (const lease of watch.leases.leases().values()) {
    const timeout = timeoutOf(lease, module);
    if (timeout === undefined || lease.holder === "") continue;
    const { certain, likely } = watch.leases.silence(sinceOf(lease, timeout, watch), timeout);
    if (likely >= timeout && certain < timeout) return true;
  }
  return false;
}

/** A Lease that is not alive, and why. */
interface StaleLease {
  readonly name: string;
  readonly cause: string;
}

function judge(
  watch: TargetWatch,
  module: SetModule,
  { clock, memory, log }: ProbeContext,
): ProbeResult<LeaseReason> {
  const { namespace, leases } = watch;
  const stale: StaleLease[] = [];
  const unknown: string[] = [];
  const silences = new Map<string, CarriedSilence>();
  const samples: Sample[] = [];
  for (const lease of leases.leases().values()) {
    const { name, renewTime = "", holder } = lease;
    const timeout = timeoutOf(lease, module);
    if (timeout === undefined) {
      unknown.push(name);
      continue;
    }
    const { certain, likely, spared } = leases.silence(sinceOf(lease, timeout, watch), timeout);
    silences.set(name, { renewTime, silence: likely, spared });
    const isStale = holder === "" || certain >= timeout;
    if (isStale) stale.push({ name, cause: causeOf(lease, likely) });
    const { up, down } = samplesOf(name, watch);
    samples.push(isStale ? down : up);
  }
  for (const name of watch.samples.keys()) if (!leases.leases().has(name)) watch.samples.delete(name);
  storeSilences(memory, keyOf(namespace), silences, clock);
  const omitted = leases.omitted();
  const states = {
    alive: silences.size - stale.length,
    stale: stale.length,
    unknown: unknown.length,
    omitted,
  };
  log("states of the leases", states);
  for (const [state, count] of Object.entries(states))
    samples.push(sample(leaseMetrics.leases, count, { state }));
  stale.sort(byName);
  return {
    outcome: verdict({ ...states, stale, unknown }, namespace, module),
    samples,
    ...(omitted === 0 ? {} : { warnings: [warningOf(states, namespace, module)] }),
  };
}

function causeOf({ holder, renewTime }: MemberLease, silence: Seconds): string {
  if (holder === "") return "released or never acquired";
  return renewTime === undefined ? "never renewed" : `not renewed for ${silence.toFixed(1)} s`;
}

function samplesOf(
  name: string,
  { namespace, samples }: TargetWatch,
): Readonly<Record<"up" | "down", Sample>> {
  const known = samples.get(name);
  if (known !== undefined) return known;
  const labels = { lease: `${namespace}/${name}` };
  const both = { up: sample(leaseMetrics.up, 1, labels), down: sample(leaseMetrics.up, 0, labels) };
  samples.set(name, both);
  return both;
}

const byName = (a: StaleLease, b: StaleLease): number => (a.name < b.name ? -1 : 1);

interface Found {
  readonly alive: number;
  readonly stale: readonly StaleLease[];
  readonly unknown: readonly string[];
  readonly omitted: number;
}

function verdict(
  { alive, stale, unknown, omitted }: Found,
  namespace: string,
  { selector, least }: SetModule,
): Outcome<LeaseReason> {
  const judged = alive + stale.length + unknown.length;
  if (stale.length > 0) {
    const some = firstOf(stale.map(({ name, cause }) => `${name} (${cause})`));
    return failed("stale", `${stale.length} of ${judged} leases in ${namespace} are stale: ${some}`);
  }
  const matched = judged + omitted;
  if (matched < least) {
    const which = selector === "" ? "" : ` that match ${JSON.stringify(selector)}`;
    return failed(
      "empty",
      `got ${matched} leases in ${namespace}${which}, want at least ${least} (min_leases of the module)`,
    );
  }
  if (unknown.length > 0) {
    return failed(
      "malformed",
      `${unknown.length} of ${judged} leases in ${namespace} have no leaseDurationSeconds; set timeout in the module: ${firstOf(unknown.toSorted())}`,
    );
  }
  return succeeded;
}

/** Number of Leases that a reason names. */
const MOST_NAMES = 5;

function firstOf(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMES;
  return texts.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const warningOf = (
  { alive, stale, unknown, omitted }: Readonly<Record<"alive" | "stale" | "unknown" | "omitted", number>>,
  namespace: string,
  { most }: SetModule,
): Warning => ({
  topic: `max_leases of ${namespace}`,
  message: `${alive + stale + unknown + omitted} leases match in ${namespace}, and max_leases is ${most}: ${omitted} of them are not judged`,
});
