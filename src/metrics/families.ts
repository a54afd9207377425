import type { Metric } from "../core/metric.ts";
import { joinPairs, type LineWriter, renderPairs } from "./format.ts";

/** A subject of metrics at one moment, such as a target. */
export interface Row {
  /** The labels that all its series have, as rendered. */
  readonly labels: string;
}

/** A metric, and the function that renders its lines for one row. */
export interface Family<R extends Row> {
  readonly metric: Metric;
  /** Returns an empty text without a value. */
  readonly lines: (row: R, writer: LineWriter) => string;
}

/** Number of rows in one part: little work, so that the event loop can run between two parts. */
const PER_PART = 20;

/**
 * Renders families in parts, row by row. It makes no objects that last longer than a part, which the garbage collector would
 * have to copy.
 */
export function* familyParts<R extends Row>(
  families: readonly Family<R>[],
  rows: readonly R[],
  writer: LineWriter,
  isTaken?: (name: string) => boolean,
): Generator<string> {
  for (const { metric, lines } of families) {
    let header = writer.header(metric, isTaken);
    let part = "";
    for (const [i, row] of rows.entries()) {
      const own = lines(row, writer);
      if (own !== "") {
        part += header + own;
        header = "";
      }
      if (i % PER_PART !== 0) continue;
      yield part;
      part = "";
    }
    yield part;
  }
}

/** Makes a family with at most one series per row. */
export const single = <R extends Row>(
  metric: Metric,
  valueOf: (row: R) => number | undefined,
): Family<R> => ({
  metric,
  lines(row, writer) {
    const value = valueOf(row);
    return value === undefined ? "" : writer.line(metric.name, row.labels, value);
  },
});

/** Makes a family with one series per value of a label. */
export const labelled = <R extends Row, Label extends string>(
  metric: Metric<Label>,
  label: NoInfer<Label>,
  valuesOf: (row: R) => Iterable<readonly [labelValue: string, value: number]>,
): Family<R> => ({
  metric,
  lines(row, writer) {
    let out = "";
    for (const [labelValue, value] of valuesOf(row))
      out += writer.line(metric.name, joinPairs(row.labels, renderPairs({ [label]: labelValue })), value);
    return out;
  },
});
