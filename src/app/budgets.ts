import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import type { RemainingBudget } from "../core/money.ts";
import type { Result, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { type ProbeRequest, requestFor } from "../engine/probe-request.ts";
import type { Payer, Treasury } from "../money/treasury.ts";
import type { ConfigIndex } from "./config-index.ts";

/** Charges probes to the budgets of their modules and targets. */
export interface Budgets {
  /** Returns why no probe may be started, `undefined` if one may. Logs the reason once per window. */
  skip(request: ProbeRequest): Skip | undefined;
  /** Books what a probe spent. Returns its cost in dollars, if it is known. */
  charge(request: ProbeRequest, result: Result): number | undefined;
  remaining(target: Target): RemainingBudget;
}

interface BudgetParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly index: ConfigIndex;
  readonly treasury: Treasury;
  /** Takes in whether a budget of a configured target is exhausted. */
  readonly onSkip: (target: string, skip: Skip | undefined) => void;
}

/** Connects the treasury to the requests of the engine. */
export function createBudgets({ clock, log, index, treasury, onSkip }: BudgetParts): Budgets {
  const logSkip = createSkipLog(log);
  const payerOf = ({ key, target, module }: ProbeRequest): Payer => {
    const configured = index.current().byIdentity.get(key);
    return { module, target, ...defined({ configured }) };
  };
  return {
    skip(request) {
      const payer = payerOf(request);
      const skip = treasury.refusal(payer, clock.now());
      if (skip !== undefined) logSkip(payer.configured?.name, request.module.name, skip);
      if (payer.configured !== undefined) onSkip(payer.configured.name, skip);
      return skip;
    },
    charge: (request, { spent, endedAt }) =>
      spent === undefined ? undefined : treasury.book(payerOf(request), spent, endedAt),
    remaining: (target) => treasury.remaining(payerOf(requestFor(target)), clock.now()),
  };
}

/** Logs that probes are skipped: once per target, module and window, instead of with each probe. */
function createSkipLog(log: Log): (target: string | undefined, module: string, skip: Skip) => void {
  const logged = new Map<string, string>();
  return (target, module, { reason, detail, until }) => {
    const key = JSON.stringify([target, module]);
    const window = `${reason} ${until ?? ""}`;
    if (logged.get(key) === window) return;
    logged.set(key, window);
    log.warn({ module, reason, detail, ...defined({ target }) }, "probes are skipped");
  };
}
