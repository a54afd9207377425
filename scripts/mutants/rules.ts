import { parser } from "@prometheus-io/lezer-promql";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { type Mutant, mutantsOf, type Replacement } from "./mutant.ts";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ["Gtr", ">="],
  ["Gte", ">"],
  ["Lss", "<="],
  ["Lte", "<"],
  ["Eql", "!="],
  ["Neq", "=="],
  ["Max", "min"],
  ["Min", "max"],
  ["Sum", "max"],
  ["Count", "sum"],
  ["Avg", "max"],
  ["Add", "-"],
  ["Sub", "+"],
  ["Mul", "/"],
  ["Div", "*"],
]);

const SET_OPERATORS: ReadonlySet<string> = new Set(["And", "Or", "Unless"]);

/**
 * Makes the small faults of a file of rules: comparisons and aggregations changed, numbers and durations made longer by
 * half, operands of `and`, `or` and `unless` dropped, labels and matchers left out.
 * @throws Error if the file or an expression in it is not valid
 */
export function mutateRules(file: string, text: string): Mutant[] {
  const document = parseDocument(text);
  const found: Replacement[] = [];
  const groups = document.get("groups");
  for (const group of isSeq(groups) ? groups.items : []) {
    const rules = isMap(group) ? group.get("rules") : undefined;
    for (const rule of isSeq(rules) ? rules.items : []) {
      if (!isMap(rule)) continue;
      for (const key of ["expr", "for", "keep_firing_for"]) {
        const value = rule.get(key, true);
        if (!isScalar(value) || value.range === null || value.range === undefined) continue;
        const [start, end] = value.range;
        if (key === "expr") found.push(...faultsIn(text, start, end));
        else found.push({ start, end, to: longer(text.slice(start, end)) });
      }
    }
  }
  return mutantsOf(file, text, found);
}

/** The faults of the expression that is written from `start` to `end`, plain or as a block. */
function faultsIn(text: string, start: number, end: number): Replacement[] {
  const isBlock = /^[|>]/.test(text.slice(start, end));
  const begin = isBlock ? text.indexOf("\n", start) : start;
  const expression = text.slice(begin, end);
  const found: Replacement[] = [];
  const cursor = parser.parse(expression).cursor();
  do {
    if (cursor.type.isError) throw new Error(`invalid PromQL: ${expression}`);
    found.push(...faultsAt(cursor.node, expression));
  } while (cursor.next());
  return found.map(({ start: from, end: to, to: instead }) => ({
    start: begin + from,
    end: begin + to,
    to: instead,
  }));
}

function faultsAt(node: SyntaxNode, expression: string): Replacement[] {
  const { name, from: start, to: end } = node;
  const written = expression.slice(start, end);
  const operator = OPERATORS.get(name);
  if (operator !== undefined) return [{ start, end, to: operator }];
  if (/^(NumberDurationLiteral|NumberDurationLiteralInDurationContext|NumberLiteral|Duration)$/.test(name)) {
    return [{ start, end, to: longer(written) }];
  }
  if (name === "BinaryExpr") return droppedOperand(node, expression);
  if (name === "GroupingLabels" || name === "LabelMatchers") return droppedParts(node);
  return [];
}

/** `a and b`, `a or b` and `a unless b` become `a`; `a or b` also `b`. */
function droppedOperand(node: SyntaxNode, expression: string): Replacement[] {
  const [left, right] = [node.firstChild, node.lastChild];
  const operator = left?.nextSibling;
  if (left === null || right === null || operator === null || operator === undefined) return [];
  if (!SET_OPERATORS.has(operator.name)) return [];
  const kept = operator.name === "Or" ? [left, right] : [left];
  return kept.map((one) => ({
    start: node.from,
    end: node.to,
    to: expression.slice(one.from, one.to),
  }));
}

/** Leaves out each label of a list, or each matcher of a selector. */
function droppedParts(node: SyntaxNode): Replacement[] {
  const parts: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (/^(LabelName|UnquotedLabelMatcher)$/.test(child.name)) parts.push(child);
  }
  return parts.map((part, index) => {
    const next = parts[index + 1];
    const previous = parts[index - 1];
    if (next !== undefined) return { start: part.from, end: next.from, to: "" };
    return { start: previous?.to ?? part.from, end: part.to, to: "" };
  });
}

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/** Makes a number or a duration longer by half, and 0 to 1. */
function longer(written: string): string {
  if (written === "0") return "1";
  if (/^[\d.]+$/.test(written)) return String(Number(written) * 1.5);
  let total = 0;
  for (const [, count, unit] of written.matchAll(/(\d+)([dhms])/g)) {
    total += Number(count) * (UNITS.find(([name]) => name === unit)?.[1] ?? 0);
  }
  return `${Math.ceil(total * 1.5)}s`;
}
