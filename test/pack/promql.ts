import { parser } from "@prometheus-io/lezer-promql";

/** What a PromQL expression asks for. */
export interface Asked {
  /** Names of metrics and of recorded series. */
  readonly metrics: ReadonlySet<string>;
  /** Labels in matchers, in `by`, `on` and `group_left`. */
  readonly labels: ReadonlySet<string>;
  /** Each selector with the labels that it matches, in the order of the text. */
  readonly selectors: readonly { readonly metric: string; readonly matched: readonly string[] }[];
  /** Functions with the ranges of their selectors, such as `rate` of `$__rate_interval`; the range as it is written. */
  readonly ranges: readonly { readonly function: string; readonly metric: string; readonly range: string }[];
}

/**
 * Reads a PromQL expression with the grammar of Prometheus' own editor.
 * @throws Error where it is none
 */
export function readPromql(expr: string): Asked {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  const selectors: { metric: string; matched: string[] }[] = [];
  const ranges: { function: string; metric: string; range: string }[] = [];
  const functions: string[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      const text = expr.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${expr}`);
      if (node.name === "FunctionCall") functions.push(/^\w+/.exec(text)?.[0] ?? "");
      if (node.name === "Identifier") {
        metrics.add(text);
        selectors.push({ metric: text, matched: [] });
      }
      if (node.name === "LabelName") {
        labels.add(text);
        if (node.node.parent?.name.endsWith("Matcher") === true) selectors.at(-1)?.matched.push(text);
      }
      if (node.name === "MatrixSelector") {
        const [, metric = "", range = ""] = /^([\w:]*).*\[([^\]]+)\]$/s.exec(text) ?? [];
        ranges.push({ function: functions.at(-1) ?? "", metric, range });
      }
    },
    leave(node) {
      if (node.name === "FunctionCall") functions.pop();
    },
  });
  return { metrics, labels, selectors, ranges };
}
