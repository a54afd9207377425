import { parser } from "@prometheus-io/lezer-promql";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** A condition on a label. */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** A selector of series: by name, or only by matchers. */
export interface Selector {
  readonly metric: string | undefined;
  readonly matchers: readonly Matcher[];
}

/** The series and labels that a PromQL expression reads. */
export interface Reads {
  readonly selectors: readonly Selector[];
  /** Labels after by, without, on, ignoring, group_left and group_right. */
  readonly groupings: ReadonlySet<string>;
}

/**
 * Parses PromQL with Prometheus' own grammar.
 * @throws Error with the position if `expression` is not valid
 */
export function readsOf(expression: string): Reads {
  const selectors: { metric: string | undefined; matchers: Matcher[] }[] = [];
  const groupings = new Set<string>();
  const cursor = parser.parse(expression).cursor();
  do {
    const { name, node } = cursor;
    const text = expression.slice(cursor.from, cursor.to);
    if (cursor.type.isError) {
      throw new Error(`invalid PromQL at ${cursor.from}: ${expression.slice(0, cursor.from)}<<<HERE`);
    }
    const selector = selectors.at(-1);
    if (name === "VectorSelector") {
      selectors.push({ metric: undefined, matchers: [] });
    } else if (name === "Identifier" && node.parent?.name === "VectorSelector" && selector !== undefined) {
      selector.metric = text;
    } else if (name === "UnquotedLabelMatcher") {
      const [, label = "", operator = "", value = ""] =
        /^(\w+)\s*(=~|!~|!=|=)\s*["'](.*)["']$/s.exec(text) ?? [];
      selector?.matchers.push({ label, operator, value });
    } else if (name === "LabelName" && node.parent?.name === "GroupingLabels") {
      groupings.add(text);
    }
  } while (cursor.next());
  return { selectors, groupings };
}

/** Returns true if `expression` has no series when none of `missing` has: for `or`, if neither operand has one. */
export function isEmptyWithout(expression: string, missing: ReadonlySet<string>): boolean {
  const isEmpty = (node: SyntaxNode): boolean => {
    if (node.name === "VectorSelector") {
      const name = node.getChild("Identifier");
      return name !== null && missing.has(expression.slice(name.from, name.to));
    }
    const children: SyntaxNode[] = [];
    for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
    const operators = new Set(children.map(({ name }) => name));
    const [left, right] = [children.at(0), children.at(-1)];
    if (node.name === "BinaryExpr" && left !== undefined && right !== undefined) {
      if (operators.has("Or")) return isEmpty(left) && isEmpty(right);
      if (operators.has("Unless")) return isEmpty(left);
    }
    return children.some(isEmpty);
  };
  return isEmpty(parser.parse(expression).topNode);
}

/** Returns the metrics that a selector reads: the one that it names, or those of `names` that its pattern matches. */
export function metricsOf({ metric, matchers }: Selector, names: Iterable<string>): readonly string[] {
  if (metric !== undefined) return [metric];
  const patterns = matchers
    .filter(({ label }) => label === "__name__")
    .map(({ value }) => new RegExp(`^(?:${value})$`));
  return [...names].filter((name) => patterns.length > 0 && patterns.every((pattern) => pattern.test(name)));
}
