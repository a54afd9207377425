import { defined } from "../core/defined.ts";
import { type Budget, dollarsOf, type ExpectedSpend, type Prices, totalTokens } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds, timestamp } from "../core/units.ts";
import { createLedger, type Owner } from "./ledger.ts";
import { createTreasury, type Payer, type Treasury } from "./treasury.ts";

/** Tokens per prompt as measured by the user. */
export interface MeasuredTokens {
  readonly input?: number;
  readonly output?: number;
}

/** The cost of a target per day. */
export interface TargetEstimate {
  readonly target: Target;
  readonly model?: string;
  readonly tokensPerPrompt: { readonly input: number; readonly output: number };
  /** Prompts without budgets: those that the interval demands. */
  readonly wanted: number;
  /** Prompts that the budgets allow. */
  readonly prompts: number;
  readonly tokens: number;
  /** Absent without a price. */
  readonly dollars?: number;
  /** The first budget to be exhausted, and the time since the start of its window. */
  readonly stop?: { readonly owner: Owner; readonly budget: Budget; readonly after: Seconds };
}

const DAY = 86_400;

/** Start of the simulated day: midnight, when the windows of daily budgets begin. */
const START = 0;

/**
 * Simulates a day in which each target is probed once per interval, against the budgets of the exporter's own treasury.
 * Targets whose probes cost nothing are omitted.
 */
export function estimateDay(
  targets: readonly Target[],
  prices: Prices,
  measured: MeasuredTokens,
): readonly TargetEstimate[] {
  const treasury = createTreasury(createLedger(), prices);
  const runs = targets.flatMap((target): readonly Run[] => {
    const { prober, options } = target.module;
    const expected = prober.expectedSpend?.(target, options);
    return expected === undefined ? [] : [newRun(target, withMeasured(expected, measured))];
  });
  for (const run of runs) if (!hasBudget(run.target)) sendAll(run);
  runDay(
    runs.filter(({ target }) => hasBudget(target)),
    treasury,
  );
  return runs.map((run) => estimateOf(run, prices));
}

interface Run {
  readonly target: Target;
  readonly payer: Payer;
  readonly expected: ExpectedSpend;
  next: number;
  probes: number;
  stop?: TargetEstimate["stop"];
}

const newRun = (target: Target, expected: ExpectedSpend): Run => ({
  target,
  expected,
  payer: { module: target.module, target, configured: target },
  next: START,
  probes: 0,
});

const withMeasured = (expected: ExpectedSpend, { input, output }: MeasuredTokens): ExpectedSpend => ({
  ...expected,
  tokens: {
    input: input === undefined ? expected.tokens.input : input * expected.prompts,
    output: output === undefined ? expected.tokens.output : output * expected.prompts,
  },
});

const hasBudget = ({ budgets = [], module }: Target): boolean =>
  budgets.length > 0 || (module.budgets ?? []).length > 0;

const wantedProbes = ({ interval }: Target): number => Math.ceil(DAY / interval);

function sendAll(run: Run): void {
  run.probes = wantedProbes(run.target);
}

/** Probes all targets in order of time, because they share the budgets of their modules. */
function runDay(runs: readonly Run[], treasury: Treasury): void {
  for (;;) {
    let run: Run | undefined;
    for (const one of runs) if (run === undefined || one.next < run.next) run = one;
    if (run === undefined || run.next >= START + DAY) return;
    const at = timestamp(run.next);
    const exhausted = treasury.exhausted(run.payer, at);
    if (exhausted === undefined) {
      treasury.book(run.payer, run.expected, at);
      run.probes += 1;
    } else {
      const { owner, budget } = exhausted;
      const length = budget.per === "day" ? DAY : 3600;
      run.stop ??= { owner, budget, after: seconds(at % length) };
    }
    run.next += run.target.interval;
  }
}

function estimateOf({ target, expected, probes, stop }: Run, prices: Prices): TargetEstimate {
  const { tokens, prompts, requestedModel } = expected;
  const dollars = dollarsOf(prices, expected);
  return {
    target,
    ...defined({ model: requestedModel }),
    tokensPerPrompt: { input: tokens.input / prompts, output: tokens.output / prompts },
    wanted: wantedProbes(target) * prompts,
    prompts: probes * prompts,
    tokens: probes * totalTokens(tokens),
    ...(dollars === undefined ? {} : { dollars: probes * dollars }),
    ...defined({ stop }),
  };
}
