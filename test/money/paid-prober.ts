import { sample } from "../../src/core/metric.ts";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { llmMetrics } from "../../src/probers/llm/metrics.ts";

/** Tokens of each prompt. */
export const PER_PROMPT = { input: 14, output: 6 } as const;

/** Creates a costly prober that answers at once and counts the prompts per address. */
export function paidProber(model = "gpt-4o-mini-2024-07-18") {
  const prompts = new Map<string, number>();
  const down = new Set<string>();
  const prober: Prober<object, object> = {
    kind: "paid",
    metrics: [llmMetrics.tokens],
    reasons: ["empty"],
    schema: { type: "object" },
    costly: true,
    compile: (options) => options,
    expectedSpend: ({ model: requested }) => ({
      tokens: PER_PROMPT,
      prompts: 1,
      ...(requested === undefined ? {} : { requestedModel: requested }),
    }),
    allowsModel: () => true,
    probe: async ({ address, model: requested }) => {
      prompts.set(address, (prompts.get(address) ?? 0) + 1);
      const spent = {
        tokens: PER_PROMPT,
        responseModel: model,
        ...(requested === undefined ? {} : { requestedModel: requested }),
      };
      return down.has(address)
        ? { outcome: failed("empty", "as the test says"), samples: [], answered: false, spent }
        : {
            outcome: succeeded,
            facts: { tokens: { input: PER_PROMPT.input }, firstToken: seconds(0.3) },
            samples: [sample(llmMetrics.tokens, PER_PROMPT.input, { type: "input" })],
            answered: true,
            spent,
          };
    },
  };
  return {
    prober,
    down,
    prompts: (address?: string): number =>
      address === undefined ? [...prompts.values()].reduce((a, b) => a + b, 0) : (prompts.get(address) ?? 0),
  };
}
