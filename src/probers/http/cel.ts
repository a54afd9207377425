import { type ASTNode, Environment, type ParseResult } from "@marcbachmann/cel-js";
import { createBoundedCache } from "../../core/bounded-cache.ts";
import type { CompileContext } from "../../core/prober.ts";
import { describeError } from "../errors.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import { restoreNames, visitNodes, withPlainNames } from "./cel-fields.ts";
import type { Consequence } from "./rules.ts";
import type { HttpOptions } from "./schema.ts";

/** Judges a JSON body. Returns the mismatch, or `undefined`. */
export type JsonRule = (body: unknown) => string | undefined;

/** The options by the consequence of their rules: an expression that objects to true, and one that objects to false. */
const CEL_OPTIONS = {
  fail: ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"],
  degraded: ["degraded_if_body_json_matches_cel", "degraded_if_body_json_not_matches_cel"],
} as const satisfies Record<Consequence, readonly [keyof HttpOptions, keyof HttpOptions]>;

/** Name of the RE2 implementation of the method `matches`, which the library implements with JavaScript's regular expressions. */
const RE2_MATCHES = "matchesRe2";

const environment = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable("body", "dyn")
  .registerFunction(`string.${RE2_MATCHES}(string): bool`, matchesRe2)
  .registerFunction("matches(string, string): bool", matchesRe2);

/** Compiles the two options with CEL expressions, and reports expressions that are invalid or not boolean. */
export function compileJsonRules(
  options: Pick<HttpOptions, (typeof CEL_OPTIONS)[Consequence][number]>,
  consequence: Consequence,
  context: Pick<CompileContext, "problem">,
): readonly JsonRule[] {
  const rules: JsonRule[] = [];
  const [matches, notMatches] = CEL_OPTIONS[consequence];
  for (const [option, objectsTo] of [
    [matches, true],
    [notMatches, false],
  ] as const) {
    const source = options[option];
    if (source === undefined) continue;
    const expression = compileExpression(source, (problem) =>
      context.problem([option], problem, "a boolean CEL expression over body"),
    );
    if (expression !== undefined) rules.push(ruleOf(expression, source, objectsTo));
  }
  return rules;
}

function ruleOf(expression: ParseResult, source: string, objectsTo: boolean): JsonRule {
  const verb = objectsTo ? "matches" : "does not match";
  return (body) => {
    let value: unknown;
    try {
      value = expression({ body });
    } catch (error) {
      return `the CEL expression ${source} cannot be evaluated: ${firstLine(error)}`;
    }
    if (typeof value !== "boolean") return `the CEL expression ${source} is neither true nor false`;
    return value === objectsTo ? `the body ${verb} the CEL expression ${source}` : undefined;
  };
}

function compileExpression(source: string, refuse: (problem: string) => void): ParseResult | undefined {
  try {
    const { source: plain, names } = withPlainNames(source);
    const expression = environment.parse(withRe2Matches(plain, environment.parse(plain).ast));
    restoreNames(expression.ast, names);
    const { valid, type, error } = expression.check();
    if (!valid) refuse(`${source}: ${firstLine(error)}`);
    else if (type !== "bool" && type !== "dyn") refuse(`${source}: its type is ${type}`);
    else return expression;
  } catch (error) {
    refuse(`${source}: ${firstLine(error)}`);
  }
  return undefined;
}

/** Renames every call of the method `matches`, the last one first, so that the positions before it stay valid. */
function withRe2Matches(source: string, root: ASTNode): string {
  const positions: number[] = [];
  visitNodes(root, (node) => {
    if (node.op === "rcall" && node.args[0] === "matches") {
      positions.push(source.indexOf("matches", node.args[1].range.end));
    }
  });
  return positions
    .toSorted((a, b) => b - a)
    .reduce((text, at) => text.slice(0, at) + RE2_MATCHES + text.slice(at + "matches".length), source);
}

/** Compiled expressions to cache. Most are constants of the configuration; few are built from the body. */
const compiled = createBoundedCache<Regexp>(100);

function matchesRe2(text: string, source: string): boolean {
  return compiled.get(source, () => compileRegexp(source)).matches(text);
}

const firstLine = (error: unknown): string => describeError(error).split("\n")[0] ?? "";
