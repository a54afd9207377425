import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Outcome, Prober, Tier } from "../core/prober.ts";
import { identityOf, type Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Engine } from "./engine.ts";
import { requestFor } from "./probe-request.ts";
import { createScheduler } from "./schedule.ts";

/** Runs the cheap checks between probes. */
export interface Tiers {
  /** Replaces the list of targets. Targets that did not change keep their outcomes. */
  setTargets(targets: readonly Target[]): void;
  /** Returns the outcome of the last check of each tier, by name. Tiers without a check are absent. */
  outcomes(target: Target): ReadonlyMap<string, Outcome>;
  /** Stops all checks. */
  stop(): void;
}

/** A finished check of a tier. */
export interface TierCheck {
  readonly target: Target;
  readonly tier: Tier;
  readonly outcome: Outcome;
  /** The outcome of the check before; `undefined` for the first one. */
  readonly previous: Outcome | undefined;
}

/** Longest duration of a check. */
const LONGEST_CHECK = seconds(10);

/**
 * Creates tiers without targets. The engine runs their checks, with its limits and deadlines, as requests of their own:
 * their outcomes are not results of the target and change no streak.
 * @param report called after each check
 */
export function createTiers(engine: Engine, clock: Clock, report: (check: TierCheck) => void): Tiers {
  const last = new Map<string, Outcome>();
  let checks = new Map<string, { target: Target; tier: Tier }>();

  const run = async (tierTarget: Target): Promise<void> => {
    const request = { ...requestFor(tierTarget), tier: true };
    const response = await engine.probe(request, { timeout: timeoutOf(tierTarget) });
    const check = checks.get(tierTarget.name);
    if (response.kind !== "result" || check === undefined) return;
    const key = identityOf(tierTarget);
    const { outcome } = response.result;
    const previous = last.get(key);
    last.set(key, outcome);
    report({ ...check, outcome, previous });
  };
  // Rejects only at shutdown.
  const scheduler = createScheduler(clock, (tierTarget) => void run(tierTarget).catch(() => {}));

  return {
    setTargets(targets) {
      const all = targets.flatMap((target) =>
        tiersOf(target).map((tier) => ({ target, tier, tierTarget: targetOfTier(target, tier) })),
      );
      checks = new Map(all.map(({ target, tier, tierTarget }) => [tierTarget.name, { target, tier }]));
      const keys = new Set(all.map(({ tierTarget }) => identityOf(tierTarget)));
      for (const key of last.keys()) if (!keys.has(key)) last.delete(key);
      scheduler.setTargets(all.map(({ tierTarget }) => tierTarget));
    },
    outcomes(target) {
      const entries = tiersOf(target).flatMap((tier): readonly [string, Outcome][] => {
        const outcome = last.get(identityOf(targetOfTier(target, tier)));
        return outcome === undefined ? [] : [[tier.name, outcome]];
      });
      return new Map(entries);
    },
    stop: () => scheduler.stop(),
  };
}

const tiersOf = ({ module }: Target): readonly Tier[] => module.prober.tiers?.(module.options) ?? [];

const timeoutOf = ({ module, interval }: Target): Seconds =>
  seconds(Math.min(module.timeout ?? LONGEST_CHECK, LONGEST_CHECK, interval));

/**
 * Makes a target of a tier, without budgets, as its checks are free. Its name contains a space, so that it is not the name
 * of a configured target.
 */
function targetOfTier(target: Target, tier: Tier): Target {
  const { module } = target;
  const prober: Prober = {
    kind: module.prober.kind,
    metrics: [],
    reasons: [],
    schema: {},
    costly: false,
    compile: (options) => options,
    async probe(probed, options, context) {
      const outcome = await module.prober.askTier?.(probed, options, tier, context);
      if (outcome === undefined) throw new Error(`prober ${module.prober.kind} has tiers but no askTier`);
      return { outcome, samples: [] };
    },
  };
  return {
    ...target,
    name: `${target.name} ${tier.name}`,
    schedule: "interval",
    interval: tier.interval,
    minInterval: seconds(0),
    module: {
      name: module.name,
      prober,
      options: module.options,
      minInterval: seconds(0),
      series: module.series,
      source: module.source,
      ...defined({ timeout: module.timeout, allowedTargets: module.allowedTargets }),
    },
  };
}
