import { randomInt } from "node:crypto";

/** Random values of one question, by the names of the placeholders: `{{nonce}}`, `{{a}}`, `{{b}}`, `{{sum}}`. */
export interface PromptValues {
  /** Eight digits: models repeat them reliably, and they have no special meaning in a regular expression. */
  readonly nonce: string;
  /** Three digits each: small models add them reliably, and there are too many pairs for a cache. */
  readonly a: string;
  readonly b: string;
  readonly sum: string;
}

/** Name of a placeholder. */
export type Placeholder = keyof PromptValues;

/** Prompt of a module without one. */
export const DEFAULT_PROMPT = "System health check. Respond with: HEALTHY";

const PLACEHOLDER = /\{\{(nonce|a|b|sum)\}\}/g;

/** Returns a placeholder as it is written in a prompt. */
export const placeholder = (name: Placeholder): string => `{{${name}}}`;

/** Returns the placeholders in `text`. */
export const placeholdersIn = (text: string): ReadonlySet<Placeholder> =>
  new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name as Placeholder));

/** Replaces the placeholders in `text`. */
export const fill = (text: string, values: PromptValues): string =>
  text.replaceAll(PLACEHOLDER, (_, name: Placeholder) => values[name]);

/** Returns new random values, so that no cache can answer in place of the model. */
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
