import { randomInt } from "node:crypto";

/** What differs from probe to probe, by the names of the placeholders: `{{nonce}}`, `{{a}}`, `{{b}}`, `{{sum}}`. */
export interface PromptValues {
  /** Eight digits, which models repeat reliably and which mean nothing in a regular expression. */
  readonly nonce: string;
  /** Two numbers of three digits, which small models add reliably and of which there are too many pairs to be cached. */
  readonly a: string;
  readonly b: string;
  readonly sum: string;
}

/** Name of a placeholder. */
export type Placeholder = keyof PromptValues;

/** Seed 0's health prompt. */
export const DEFAULT_PROMPT = "System health check. Respond with: HEALTHY";

const PLACEHOLDER = /\{\{(nonce|a|b|sum)\}\}/g;

/** What to write where the value of a placeholder shall stand. */
export const placeholder = (name: Placeholder): string => `{{${name}}}`;

/** The placeholders that stand in `text`. */
export const placeholdersIn = (text: string): ReadonlySet<Placeholder> =>
  new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name as Placeholder));

/** `text` with every placeholder replaced. */
export const fill = (text: string, values: PromptValues): string =>
  text.replaceAll(PLACEHOLDER, (_, name: Placeholder) => values[name]);

/** New random values. Caches that answer for a dead model have not seen them. */
export function newValues(): PromptValues {
  const a = randomInt(100, 1000);
  const b = randomInt(100, 1000);
  return {
    nonce: String(randomInt(10_000_000, 100_000_000)),
    a: String(a),
    b: String(b),
    sum: String(a + b),
  };
}
