import { parser } from "@prometheus-io/lezer-promql";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** A recording rule: a name, and the expressions with that name. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How far back a rule looks that otherwise keeps itself alive. */
const REMEMBERED = "1d";

/**
 * Returns an expression that reads no recorded series: each is replaced by the expression that records it, and a range of it by
 * a subquery.
 */
export function inlined(expression: string, recordings: readonly Recording[]): string {
  const found = firstRecorded(expression, recordings);
  if (found === undefined) return expression;
  const { from, to, name, matchers } = found;
  const series = filtered(definition(name, recordings), matchers);
  const text = textOfRecorded(series, found);
  return inlined(`${expression.slice(0, from)}${text}${expression.slice(to)}`, recordings);
}

/** A selector of recorded series in an expression. */
interface Recorded {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly matchers: readonly string[];
  /** The range of a matrix selector, such as 5m. */
  readonly range?: string;
  /** The offset of a selector without a range, such as `offset 1h`. */
  readonly offset?: string;
}

function textOfRecorded(series: string, { range, offset }: Recorded): string {
  if (range !== undefined) return `${series}[${range}:${stepOf(range)}]`;
  // Only selectors and subqueries have offsets.
  return offset === undefined ? series : `last_over_time(${series}[2m:1m] ${offset})`;
}

function firstRecorded(expression: string, recordings: readonly Recording[]): Recorded | undefined {
  const textOf = ({ from, to }: SyntaxNode): string => expression.slice(from, to);
  const cursor = parser.parse(expression).cursor();
  do {
    const { node } = cursor;
    const identifier = node.name === "VectorSelector" ? node.getChild("Identifier") : null;
    const name = identifier === null ? "" : textOf(identifier);
    if (!recordings.some(({ record }) => record === name)) continue;
    const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher").map(textOf) ?? [];
    const { parent } = node;
    if (parent?.name !== "MatrixSelector") {
      // The grammar gives an offset to the whole expression before it; Prometheus gives it to the selector.
      const [written = "", offset] = /^\s*(offset \w+)/.exec(expression.slice(node.to)) ?? [];
      const to = node.to + written.length;
      return { from: node.from, to, name, matchers, ...(offset === undefined ? {} : { offset }) };
    }
    const range = /\[(\w+)\]$/.exec(textOf(parent))?.[1];
    if (range === undefined) throw new Error(`got ${textOf(parent)}, want a range like [5m]`);
    return { from: parent.from, to: parent.to, name, matchers, range };
  } while (cursor.next());
  return undefined;
}

/** A subquery evaluates its expression at each step: rarely for long ranges. */
const stepOf = (range: string): string => (/^\d+[ms]$|^1h$/.test(range) ? "1m" : "5m");

function definition(name: string, recordings: readonly Recording[]): string {
  const parts = recordings
    .filter(({ record }) => record === name)
    .map(({ expr, labels = {} }) => {
      let labelled = withoutItself(name, expr.trim());
      for (const [label, value] of Object.entries(labels)) {
        labelled = `label_replace(${labelled}, "${label}", "${value}", "", "")`;
      }
      return labelled;
    });
  return parts.length === 1 ? `(${parts[0]})` : `(${parts.map((part) => `(${part})`).join(" or ")})`;
}

/** Lets a rule that reads itself, to remember what it once saw, look back at its first operand instead. */
function withoutItself(name: string, expr: string): string {
  const itself = new RegExp(`${name}\\[\\w+\\]`, "g");
  if (!itself.test(expr)) return expr;
  const [first = ""] = expr.split(/^or$/m);
  return expr.replaceAll(itself, `(${first.trim()})[${REMEMBERED}:5m]`);
}

/** Keeps the series of an expression whose labels have these values. A selector could say so; an expression cannot. */
function filtered(series: string, matchers: readonly string[]): string {
  const conditions = matchers.map((matcher) => {
    const [, label, value] = /^(\w+)\s*=\s*"(.*)"$/.exec(matcher) ?? [];
    if (label === undefined) throw new Error(`got ${matcher} on a recorded series, want label="value"`);
    return ` and on (${label}) label_replace(vector(1), "${label}", "${value}", "", "")`;
  });
  return conditions.length === 0 ? series : `(${series}${conditions.join("")})`;
}
