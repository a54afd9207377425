import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Outcome, Prober, Tier } from "../core/prober.ts";
import { identityOf, type Target } from "../core/target.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Engine } from "./engine.ts";
import { requestFor } from "./probe-request.ts";
import { createScheduler } from "./schedule.ts";

/** Asks the cheap questions between probes, by the exporter's own clock. */
export interface Tiers {
  /** Takes over a new list; what was known of targets that are still the same stays. */
  setTargets(targets: readonly Target[]): void;
  /** Whether each tier was well when it was last asked; one that was not asked yet is absent. */
  wellness(target: Target): ReadonlyMap<string, boolean>;
  stop(): void;
}

/** What a tier may take; it is to be cheap. */
const LONGEST = seconds(10);

/**
 * Tiers go through the engine's door, for its limits and deadlines, as subjects of their own: no result of a tier is
 * one of its target, so it moves no streak.
 * @param report called when a tier that was well is no more, or is again; not for its first answer
 */
export function createTiers(
  engine: Engine,
  clock: Clock,
  report: (target: Target, tier: Tier, outcome: Outcome) => void,
): Tiers {
  const known = new Map<string, boolean>();
  let asked = new Map<string, { target: Target; tier: Tier }>();

  const ask = async (stand: Target): Promise<void> => {
    const answer = await engine.probe({ ...requestFor(stand), tier: true }, { timeout: timeoutOf(stand) });
    const about = asked.get(stand.name);
    if (answer.kind !== "result" || about === undefined) return;
    const key = identityOf(stand);
    const { outcome } = answer.result;
    const before = known.get(key);
    known.set(key, outcome.ok);
    if (before !== undefined && before !== outcome.ok) report(about.target, about.tier, outcome);
  };
  // The one way to reject is the end of the exporter.
  const scheduler = createScheduler(clock, (stand) => void ask(stand).catch(() => {}));

  return {
    setTargets(targets) {
      const all = targets.flatMap((target) =>
        tiersOf(target).map((tier) => ({ target, tier, stand: standIn(target, tier) })),
      );
      asked = new Map(all.map(({ target, tier, stand }) => [stand.name, { target, tier }]));
      const keys = new Set(all.map(({ stand }) => identityOf(stand)));
      for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
      scheduler.setTargets(all.map(({ stand }) => stand));
    },
    wellness(target) {
      const entries = tiersOf(target).flatMap((tier): readonly [string, boolean][] => {
        const well = known.get(identityOf(standIn(target, tier)));
        return well === undefined ? [] : [[tier.name, well]];
      });
      return new Map(entries);
    },
    stop: () => scheduler.stop(),
  };
}

const tiersOf = ({ module }: Target): readonly Tier[] => module.prober.tiers?.(module.options) ?? [];

const timeoutOf = ({ module, interval }: Target): Seconds =>
  seconds(Math.min(module.timeout ?? LONGEST, LONGEST, interval));

/**
 * The tier as something to be probed, which costs nothing and so has no budgets. Its name cannot be one of a target, as
 * those have no spaces.
 */
function standIn(target: Target, tier: Tier): Target {
  const { module } = target;
  const prober: Prober = {
    kind: module.prober.kind,
    schema: {},
    costly: false,
    compile: (options) => options,
    async probe(probed, options, context) {
      const outcome = await module.prober.askTier?.(probed, options, tier, context);
      if (outcome === undefined)
        throw new Error(`prober ${module.prober.kind} has tiers and cannot ask them`);
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
      source: module.source,
      ...defined({ timeout: module.timeout, allowedTargets: module.allowedTargets }),
    },
  };
}
