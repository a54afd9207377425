import { parser } from "@prometheus-io/lezer-promql";

/** A selector of a range, and the innermost function that it is handed to. */
export interface Range {
  readonly function: string;
  readonly metric: string;
  /** As it is written between the brackets. */
  readonly range: string;
}

/** The ranges of a PromQL expression, in the order of the text. */
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
