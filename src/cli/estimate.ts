import { Command, InvalidArgumentError } from "commander";
import { defined } from "../core/defined.ts";
import { formatDuration } from "../core/units.ts";
import { estimateDay, type MeasuredTokens, type TargetEstimate } from "../money/day-estimate.ts";
import { type Choose, CommandError, EXIT, type Shell, withConfigFile, withUsageExit } from "./shell.ts";
import { textTable } from "./table.ts";

/** The flags of `heartbeat-exporter estimate`. */
interface EstimateFlags {
  readonly configFile?: string;
  readonly json: boolean;
  readonly measured: MeasuredTokens;
}

const HELP = `
Nothing is probed. The estimate assumes one probe per interval for each target. A target with schedule on_scrape is probed
only when it is scraped or requested: never, or up to once per min_interval.

Without --tokens.*, a prompt is estimated at one token per four characters, and an answer at max_tokens, its upper limit.
Measure the tokens per prompt on a running exporter with this query (type "input" or "output"):

  sum by (target, module) (rate(heartbeat_llm_tokens_total{type="output"}[1d]))
    / sum by (target, module) (rate(heartbeat_health_checks_total[1d]))

Dollars require prices in the configuration. Budgets stop prompts as in the exporter; the day begins at midnight UTC.

Exit code: 0 estimated, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter estimate --config.file=exporter.yml
  heartbeat-exporter estimate --config.file=exporter.yml --tokens.input=14 --tokens.output=6 --json
`;

/** Defines `estimate`, which prints the cost of a configuration. */
export const estimateCommand = (choose: Choose): Command =>
  withConfigFile(withUsageExit(new Command("estimate")))
    .description("Estimate the prompts, tokens and dollars of a configuration per day and month.")
    .option("--tokens.input <count>", "measured tokens of a prompt", tokenCount)
    .option("--tokens.output <count>", "measured tokens of an answer", tokenCount)
    .option("--json", "print the estimate as JSON")
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<{
        "config.file"?: string;
        "tokens.input"?: number;
        "tokens.output"?: number;
        json?: true;
      }>();
      const { "config.file": configFile, "tokens.input": input, "tokens.output": output } = options;
      const flags: EstimateFlags = {
        ...defined({ configFile }),
        json: options.json ?? false,
        measured: defined({ input, output }),
      };
      choose((shell) => printEstimate(flags, shell));
    });

function tokenCount(text: string): number {
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`got "${text}", want a number of tokens`);
}

/** Prints the cost of a configuration without probing. */
async function printEstimate(flags: EstimateFlags, shell: Shell): Promise<number> {
  const { configFile, json, measured } = flags;
  const { loadConfig, nothingConfigured, sourceOf } = await import("./load-config.ts");
  if (sourceOf(configFile, shell.env) === undefined)
    throw new CommandError(nothingConfigured(shell.env), "usage");
  const { targets, prices } = await loadConfig(configFile, shell);
  const estimates = estimateDay(targets, prices, measured);
  shell.out((json ? estimateJson : estimateText)(estimates, measured));
  return EXIT.good;
}

const DAYS_OF_MONTH = 30;

/** Renders the estimate as a table with its assumptions below. */
function estimateText(estimates: readonly TargetEstimate[], measured: MeasuredTokens): string {
  if (estimates.length === 0) return "no target has costs\n";
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

/** Returns the totals of prompts, tokens, and dollars, the last only over targets with a price. */
const totals = (estimates: readonly TargetEstimate[]): [number, number, number | undefined] => {
  const priced = estimates.flatMap(({ dollars }) => dollars ?? []);
  return [
    estimates.reduce((sum, { prompts }) => sum + prompts, 0),
    estimates.reduce((sum, { tokens }) => sum + tokens, 0),
    priced.length === 0 ? undefined : priced.reduce((sum, dollars) => sum + dollars, 0),
  ];
};

/** Formats the table, names aligned left and numbers right. */
const table = (rows: readonly (readonly string[])[]): string =>
  textTable(
    rows,
    HEADER.map((_, i) => (i < 3 ? "left" : "right")),
  );

function notes(estimates: readonly TargetEstimate[], measured: MeasuredTokens): readonly string[] {
  const stops = estimates.flatMap(({ target, stop, prompts, wanted }) => {
    if (stop === undefined) return [];
    const { owner, budget, after } = stop;
    return `${target.name}: the budget of ${owner.kind} ${owner.name}, ${budget.limit} ${budget.unit} per ${budget.per}, is exhausted after ${formatDuration(after)}; ${prompts} of ${wanted} prompts per day are sent`;
  });
  const tokens = estimates.map(
    ({ target, tokensPerPrompt: { input, output } }) => `${target.name} ${input} + ${output}`,
  );
  const unpriced = estimates.flatMap(({ target, model, dollars }) =>
    dollars === undefined ? `${target.name} (${model ?? "no model configured"})` : [],
  );
  const scraped = estimates.flatMap(({ target }) => {
    if (target.schedule === "interval") return [];
    const { minInterval } = target;
    return minInterval > 0 ? `${target.name} ${Math.ceil(86_400 / minInterval)}` : `${target.name} unlimited`;
  });
  const some = (list: readonly string[], text: (list: string) => string): readonly string[] =>
    list.length === 0 ? [] : [text(list.join(", "))];
  return [
    ...stops,
    `tokens per prompt and answer (${assumption(measured)}): ${tokens.join(", ")}`,
    ...some(unpriced, (list) => `without a price, and so not in the total: ${list}`),
    ...some(
      scraped,
      (list) => `probed when scraped, here assumed once per interval; most prompts per day: ${list}`,
    ),
    `a month counts ${DAYS_OF_MONTH} days`,
  ];
}

function assumption({ input, output }: MeasuredTokens): string {
  const prompt = input === undefined ? "prompt estimated as length / 4" : "prompt as measured";
  const answer = output === undefined ? "answer at its limit, max_tokens" : "answer as measured";
  return `${prompt}, ${answer}`;
}

/** Renders the estimate as JSON. */
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
