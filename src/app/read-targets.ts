import type { Clock } from "../core/clock.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Asker } from "../engine/ask.ts";
import type { Tiers } from "../engine/tiers.ts";
import type { FailoverState } from "../failover/machine.ts";
import type { Maintenance } from "../maintenance/maintenance.ts";
import { createPageSlices } from "../metrics/pieces.ts";
import type { TargetSnapshot } from "../metrics/targets.ts";
import type { Totals } from "../metrics/totals.ts";
import type { Budgets } from "./budgets.ts";
import type { ConfigIndex } from "./config-index.ts";

/** The parts of the exporter that know targets. */
export interface TargetParts {
  readonly clock: Clock;
  readonly index: ConfigIndex;
  readonly ask: Asker;
  readonly state: (target: Target) => FailoverState;
  readonly tiers: Tiers;
  readonly budgets: Budgets;
  readonly totals: Totals;
  readonly maintenance: Maintenance;
}

/** All targets as one scrape sees them. */
export interface TargetsReading {
  readonly targets: readonly TargetSnapshot[];
  /**
   * The configuration, and the results that the scrape itself has waited for. Scrapes with equal entries may show the same
   * snapshots: results of the exporter's own schedule do not depend on scrapes.
   */
  readonly basis: readonly unknown[];
}

/** Time within which targets count as asked at once, so that all have the same timeout. */
const AT_ONCE = seconds(0.1);

/**
 * Most targets in one slice. What asking them starts, such as probes, runs after the slice has ended and before the event loop
 * goes on, so the time that the slice itself has taken tells little.
 */
const PER_SLICE = 20;

/**
 * Probes the targets that scrapes probe, all in parallel, and takes a snapshot of each target as soon as it has its result.
 * Those that do not answer in time have their latest results. Works in slices.
 */
export async function readTargets(parts: TargetParts, scrapeTimeout: Seconds): Promise<TargetsReading> {
  const { clock, index } = parts;
  const config = index.current();
  const slices = createPageSlices();
  const began = clock.monotonic();
  const reading: Promise<TargetSnapshot>[] = [];
  for (const target of config.targets.values()) {
    const spent = clock.monotonic() - began;
    const left =
      spent < AT_ONCE ? scrapeTimeout : seconds(Math.max(scrapeTimeout - spent, scrapeTimeout / 2));
    const snapshot = snapshotOf(parts, target, left);
    // The rejection is handled below. Until then it would end the process.
    snapshot.catch(() => {});
    reading.push(snapshot);
    if (reading.length % PER_SLICE === 0 || slices.isOver()) await slices.next();
  }
  const targets = await Promise.all(reading);
  await slices.next();
  const awaited = targets.filter(
    ({ target, newest }) => target.schedule === "on_scrape" || newest === undefined,
  );
  return {
    targets,
    basis: [config, ...awaited.flatMap(({ target, newest }) => [target, newest?.result])],
  };
}

async function snapshotOf(
  { ask, state, tiers, budgets, totals, maintenance }: TargetParts,
  target: Target,
  scrapeTimeout: Seconds,
): Promise<TargetSnapshot> {
  const newest = await ask.targetOrLatest(target, scrapeTimeout);
  return {
    target,
    newest,
    state: state(target),
    tiers: tiers.outcomes(target),
    skipped: ask.skip(target),
    remaining: budgets.remaining(target),
    tally: totals.tally(target),
    inMaintenance: maintenance.covers({ kind: "target", name: target.name }),
  };
}
