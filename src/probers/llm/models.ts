import { compileRegexp } from "../regexp.ts";

/** Whether the model that answered is one of those that were meant. */
export type AcceptsModel = (responded: string) => boolean;

/** Accepts the names that one of `patterns` (RE2) matches as a whole: `gpt-4o` alone shall not let `gpt-4o-mini` in. */
export function allowedModels(patterns: readonly string[]): AcceptsModel {
  const expressions = patterns.map((source) => compileRegexp(`^(?:${source})$`));
  return (responded) => expressions.some((expression) => expression.matches(responded));
}
