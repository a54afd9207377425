import { defined } from "../../core/defined.ts";
import type { CompileContext } from "../../core/prober.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import type { API_REASONS } from "./reason-schema.ts";
import type { LlmOptions } from "./schema.ts";

/** A rule that gives an error of an API its reason; all of its conditions must hold. */
export interface ReasonRule {
  readonly statuses?: ReadonlySet<number>;
  readonly codes?: ReadonlySet<string>;
  readonly body?: Regexp;
  readonly reason: (typeof API_REASONS)[number];
}

/** The facts of an error that rules are about. */
export interface ErrorFacts {
  /** The status of the response, and the one in the error itself. */
  readonly statuses: readonly number[];
  readonly codes: readonly string[];
  /** The text that holds the error. */
  readonly body: string;
}

/** Longest part of a body that rules are matched against, in characters. */
const LONGEST_BODY = 2 ** 16;

/** Compiles validated options and reports rules without a condition. */
export function compileReasonRules(
  options: LlmOptions["reasons"],
  context: CompileContext,
): readonly ReasonRule[] {
  return (options ?? []).map(({ status, code, body, reason }, i): ReasonRule => {
    if (status === undefined && code === undefined && body === undefined)
      context.problem(["reasons", i], "no condition", "status, code or body");
    return {
      ...defined({
        statuses: status === undefined ? undefined : new Set([status].flat()),
        codes: code === undefined ? undefined : new Set([code].flat()),
        body: body === undefined ? undefined : compileRegexp(body),
      }),
      reason,
    };
  });
}

/** Returns the first rule that fits, with its position; `undefined` if none does. */
export function ruleFor(
  rules: readonly ReasonRule[],
  { statuses, codes, body }: ErrorFacts,
): { readonly reason: ReasonRule["reason"]; readonly index: number } | undefined {
  const text = body.slice(0, LONGEST_BODY);
  const index = rules.findIndex(
    (rule) =>
      (rule.statuses === undefined || statuses.some((status) => rule.statuses?.has(status))) &&
      (rule.codes === undefined || codes.some((code) => rule.codes?.has(code))) &&
      (rule.body === undefined || rule.body.matches(text)),
  );
  const rule = rules[index];
  return rule === undefined ? undefined : { reason: rule.reason, index };
}
