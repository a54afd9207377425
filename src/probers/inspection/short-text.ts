import type { Regexp } from "../regexp.ts";

/** Longest text that is worked on in the main thread, in bytes: that takes some milliseconds, and another thread costs as much. */
export const SHORT_TEXT = 32 * 1024;

/** Instructions of an expression up to which `SHORT_TEXT` is short. RE2 may run each of them at every character. */
const FEW_INSTRUCTIONS = 64;

/** Returns the longest text in bytes to which these expressions may be applied in the main thread. */
export function shortFor(expressions: readonly Pick<Regexp, "instructions">[]): number {
  const instructions = expressions.reduce((sum, expression) => sum + expression.instructions, 0);
  return Math.floor((SHORT_TEXT * FEW_INSTRUCTIONS) / Math.max(FEW_INSTRUCTIONS, instructions));
}
