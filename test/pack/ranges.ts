import { parser } from "@prometheus-io/lezer-promql";

/** A range selector, with the innermost function around it. */
export interface Range {
  readonly function: string;
  readonly metric: string;
  /** As written between the brackets. */
  readonly range: string;
}

/** Returns the range selectors of a PromQL expression, in order. */
export function rangesOf(expression: string): readonly Range[] {
  const ranges: Range[] = [];
  const functions: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      const text = expression.slice(from, to);
      if (name === "FunctionCall") functions.push(/^\w+/.exec(text)?.[0] ?? "");
      if (name !== "MatrixSelector") return;
      const [, metric = "", range = ""] = /^([\w:]*).*\[([^\]]+)\]$/s.exec(text) ?? [];
      ranges.push({ function: functions.at(-1) ?? "", metric, range });
    },
    leave({ name }) {
      if (name === "FunctionCall") functions.pop();
    },
  });
  return ranges;
}
