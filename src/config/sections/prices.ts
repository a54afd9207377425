import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Price, Prices } from "../../core/money.ts";
import type { BuildContext } from "../context.ts";
import type { Raw } from "../document/defaults.ts";
import { childOf } from "../document/tree.ts";

const perMillion = { type: "number", minimum: 0 } as const;

const priceSchema = {
  type: "object",
  description: "Prices are in dollars per million tokens.",
  properties: {
    input: { ...perMillion, description: "Input tokens." },
    output: { ...perMillion, description: "Output tokens." },
    cached_input: { ...perMillion, description: "Input tokens read from a cache. Default: as input." },
    reasoning: { ...perMillion, description: "Reasoning tokens. Default: as output." },
  },
  required: ["input", "output"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The section `prices`. */
export const pricesSchema = {
  type: "object",
  additionalProperties: priceSchema,
  description:
    "Prices of tokens by model. A name also covers the model's dated editions. `*` in a pattern such as `claude-*` stands for any text; of several matching patterns the one with the most letters applies.",
} as const satisfies JSONSchema;

/** Builds the prices; `undefined` if they have problems, so that budgets are not checked against them. */
export function buildPrices({ raw, problems }: BuildContext): Prices | undefined {
  if (problems.isBroken(["prices"])) return undefined;
  const prices = (childOf(raw, "prices") ?? {}) as Raw<typeof pricesSchema>;
  return new Map(
    Object.entries(prices).map(([model, price]): [string, Price] => [
      model,
      {
        input: price.input,
        output: price.output,
        ...defined({ cachedInput: price.cached_input, reasoning: price.reasoning }),
      },
    ]),
  );
}
