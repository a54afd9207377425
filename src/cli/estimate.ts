import { Command, InvalidArgumentError } from "commander";
import { ConfigError } from "../config/document/problems.ts";
import { defined } from "../core/defined.ts";
import { formatDuration } from "../core/units.ts";
import { estimateDay, type MeasuredTokens, type TargetEstimate } from "../money/estimate.ts";
import { CommandError, EXIT, loadConfig, NOTHING_CONFIGURED, type Shell, sourceOf } from "./shell.ts";
import { textTable } from "./table.ts";

/** What `heartbeat-exporter estimate` was told. */
export interface EstimateFlags {
  readonly configFile?: string;
  readonly json: boolean;
  readonly measured: MeasuredTokens;
}

const HELP = `
Each target is counted as asked once per interval. One with schedule on_scrape costs nothing while nobody looks, and is
asked more often, up to once per min_interval, when several look at different times.

Without --tokens.* the tokens of a prompt are estimated: its length / 4, and max_tokens for the answer, which is the
most that it can be. A running exporter knows better:

  sum by (target, module) (rate(heartbeat_llm_tokens_total{type="output"}[1d]))
    / sum by (target, module) (rate(heartbeat_health_checks_total[1d]))

Dollars need prices in the configuration. Budgets are counted as the exporter does, from midnight UTC on.

Examples:
  heartbeat-exporter estimate --config.file=exporter.yml
  heartbeat-exporter estimate --config.file=exporter.yml --tokens.input=14 --tokens.output=6 --json
`;

/** The subcommand. Its flags are its own, so they stand after its name. */
export const estimateCommand = (run: (flags: EstimateFlags) => void): Command =>
  new Command("estimate")
    .description("print what a configuration costs: prompts, tokens and dollars per day and month, and exit")
    .helpOption("--help", "print this help")
    .option(
      "--config.file <path>",
      "configuration, in YAML; without it the environment describes one LLM target",
    )
    .option("--tokens.input <count>", "tokens of a prompt, as measured", tokenCount)
    .option("--tokens.output <count>", "tokens of an answer, as measured", tokenCount)
    .option("--json", "print JSON, for programs")
    .addHelpText("after", HELP)
    .allowExcessArguments(false)
    .action((_options, command: Command) => {
      const given = command.optsWithGlobals<{
        "config.file"?: string;
        "tokens.input"?: number;
        "tokens.output"?: number;
        json?: true;
      }>();
      const { "config.file": configFile, "tokens.input": input, "tokens.output": output } = given;
      run({
        ...defined({ configFile }),
        json: given.json ?? false,
        measured: { ...defined({ input, output }) },
      });
    });

function tokenCount(text: string): number {
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`got "${text}", want a number of tokens`);
}

/** Prints what a configuration costs; nothing is probed. A bad configuration is exit code 1 here, as with --config.check. */
export async function printEstimate(flags: EstimateFlags, shell: Shell): Promise<number> {
  const { configFile, json, measured } = flags;
  if (sourceOf(configFile, shell.env) === undefined) throw new CommandError(NOTHING_CONFIGURED);
  try {
    const { targets, prices } = await loadConfig(configFile, shell);
    const estimates = estimateDay(targets, prices, measured);
    shell.out((json ? estimateJson : estimateText)(estimates, measured));
    return EXIT.good;
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message, "failed", { cause: error });
    throw error;
  }
}

const DAYS_OF_MONTH = 30;

/** The estimate for people: a table, and below it what to know of the numbers. */
function estimateText(estimates: readonly TargetEstimate[], measured: MeasuredTokens): string {
  if (estimates.length === 0) return "no target costs anything\n";
  const rows = estimates.map((one) => {
    const { target, model = "", prompts, tokens, dollars } = one;
    return [target.name, target.module.name, model, ...sums(prompts, tokens, dollars)];
  });
  const total = ["total", "", "", ...sums(...totals(estimates))];
  return `${table([HEADER, ...rows, total])}\n${notes(estimates, measured)
    .map((note) => `- ${note}\n`)
    .join("")}`;
}

const HEADER = ["target", "module", "model"].concat(
  ["day", "month"].flatMap((per) => [`prompts/${per}`, `tokens/${per}`, `dollars/${per}`]),
);

const sums = (prompts: number, tokens: number, dollars: number | undefined): readonly string[] =>
  [1, DAYS_OF_MONTH].flatMap((days) => [
    String(Math.round(prompts * days)),
    String(Math.round(tokens * days)),
    dollars === undefined ? "?" : (dollars * days).toFixed(4),
  ]);

/** Prompts, tokens, and the dollars that are known. */
const totals = (estimates: readonly TargetEstimate[]): [number, number, number | undefined] => {
  const priced = estimates.flatMap(({ dollars }) => dollars ?? []);
  return [
    estimates.reduce((sum, { prompts }) => sum + prompts, 0),
    estimates.reduce((sum, { tokens }) => sum + tokens, 0),
    priced.length === 0 ? undefined : priced.reduce((sum, dollars) => sum + dollars, 0),
  ];
};

/** Names to the left, numbers to the right. */
const table = (rows: readonly (readonly string[])[]): string =>
  textTable(
    rows,
    HEADER.map((_, i) => (i < 3 ? "left" : "right")),
  );

function notes(estimates: readonly TargetEstimate[], measured: MeasuredTokens): readonly string[] {
  const stops = estimates.flatMap(({ target, stop, prompts, wanted }) => {
    if (stop === undefined) return [];
    const { owner, budget, after } = stop;
    return `${target.name}: the budget of ${owner.kind} ${owner.name}, ${budget.limit} ${budget.unit} per ${budget.per}, is reached after ${formatDuration(after)}; ${prompts} of ${wanted} prompts per day are sent`;
  });
  const tokens = estimates.map(
    ({ target, tokensPerPrompt: { input, output } }) => `${target.name} ${input} + ${output}`,
  );
  const unpriced = estimates.flatMap(({ target, model, dollars }) =>
    dollars === undefined ? `${target.name} (${model ?? "its model is not named"})` : [],
  );
  const scraped = estimates.flatMap(({ target }) => {
    if (target.schedule === "interval") return [];
    const { minInterval } = target;
    return minInterval > 0
      ? `${target.name} ${Math.ceil(86_400 / minInterval)}`
      : `${target.name} any number`;
  });
  const some = (list: readonly string[], text: (list: string) => string): readonly string[] =>
    list.length === 0 ? [] : [text(list.join(", "))];
  return [
    ...stops,
    `tokens of a prompt and its answer, ${assumption(measured)}: ${tokens.join(", ")}`,
    ...some(unpriced, (list) => `no price is known, and so nothing is in the total, for ${list}`),
    ...some(
      scraped,
      (list) => `asked when somebody looks, assumed once per interval; prompts per day at the most: ${list}`,
    ),
    `a month has ${DAYS_OF_MONTH} days`,
  ];
}

function assumption({ input, output }: MeasuredTokens): string {
  const asked = input === undefined ? "prompt estimated by its length / 4" : "prompt as measured";
  const answered = output === undefined ? "answer at its most (max_tokens)" : "answer as measured";
  return `${asked}, ${answered}`;
}

/** The estimate for programs. */
function estimateJson(estimates: readonly TargetEstimate[], measured: MeasuredTokens): string {
  const per = (days: number, [prompts, tokens, dollars]: [number, number, number | undefined]) => ({
    prompts: prompts * days,
    tokens: tokens * days,
    dollars: dollars === undefined ? null : dollars * days,
  });
  const both = (amounts: [number, number, number | undefined]) => ({
    day: per(1, amounts),
    month: per(DAYS_OF_MONTH, amounts),
  });
  const targets = estimates.map(
    ({ target, model, tokensPerPrompt, wanted, prompts, tokens, dollars, stop }) => ({
      target: target.name,
      module: target.module.name,
      model: model ?? null,
      schedule: target.schedule,
      interval_seconds: target.interval,
      tokens_per_prompt: tokensPerPrompt,
      prompts_wanted_per_day: wanted,
      ...both([prompts, tokens, dollars]),
      budget_reached:
        stop === undefined
          ? null
          : {
              owner: stop.owner,
              [stop.budget.unit]: stop.budget.limit,
              per: stop.budget.per,
              after_seconds: stop.after,
            },
    }),
  );
  const tokens = {
    input: measured.input === undefined ? "estimated" : "measured",
    output: measured.output === undefined ? "max_tokens" : "measured",
  };
  return `${JSON.stringify({ assumed: { tokens, days_per_month: DAYS_OF_MONTH }, targets, total: both(totals(estimates)) }, null, 2)}\n`;
}
