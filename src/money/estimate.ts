import { defined } from "../core/defined.ts";
import { type Budget, dollarsOf, type ExpectedSpend, type Prices, totalTokens } from "../core/money.ts";
import type { Target } from "../core/target.ts";
import { type Seconds, seconds, timestamp } from "../core/units.ts";
import { createLedger, type Owner } from "./ledger.ts";
import { createTreasury, type Payer, type Treasury } from "./treasury.ts";

/** Tokens of one prompt as somebody measured them. */
export interface MeasuredTokens {
  readonly input?: number;
  readonly output?: number;
}

/** What a target costs in a day. */
export interface TargetEstimate {
  readonly target: Target;
  readonly model?: string;
  readonly tokensPerPrompt: { readonly input: number; readonly output: number };
  /** Prompts that the interval asks for, and those that budgets pay for. */
  readonly wanted: number;
  readonly prompts: number;
  readonly tokens: number;
  /** Absent when there is no price. */
  readonly dollars?: number;
  /** The budget that stops it first, and after how long of its window. */
  readonly stop?: { readonly owner: Owner; readonly budget: Budget; readonly after: Seconds };
}

const DAY = 86_400;

/** Midnight: budgets of a day begin with it, so that each day is as this one. */
const START = 0;

/**
 * Lets a day pass, each target being asked once per interval, against the same treasury that holds real probes.
 * Targets whose probes cost nothing are left out.
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

/** Targets share the budgets of their modules, so they take their turns in the order of time. */
function runDay(runs: readonly Run[], treasury: Treasury): void {
  for (;;) {
    let first: Run | undefined;
    for (const run of runs) if (first === undefined || run.next < first.next) first = run;
    if (first === undefined || first.next >= START + DAY) return;
    const at = timestamp(first.next);
    const exhausted = treasury.exhausted(first.payer, at);
    if (exhausted === undefined) {
      treasury.book(first.payer, first.expected, at);
      first.probes += 1;
    } else {
      const { owner, budget } = exhausted;
      const length = budget.per === "day" ? DAY : 3600;
      first.stop ??= { owner, budget, after: seconds(at % length) };
    }
    first.next += first.target.interval;
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
