import type { Log } from "../core/log.ts";
import type { Outcome } from "../core/prober.ts";
import type { TierCheck } from "../engine/tiers.ts";

const reasonOf = (outcome: Outcome): string => (outcome.ok ? "" : outcome.reason);

/** Logs a check of a tier: at info if the tier changed or its first check failed, any other failure at debug. */
export function logTier(log: Log, { target, tier, outcome, previous }: TierCheck): void {
  const fields = { target: target.name, tier: tier.name, ...outcome };
  if (previous !== undefined && reasonOf(previous) !== reasonOf(outcome)) log.info(fields, "tier changed");
  else if (outcome.ok) return;
  else if (previous === undefined) log.info(fields, "tier failed");
  else log.debug(fields, "tier failed");
}
