import type { ExpositionFormat } from "../core/exposition-format.ts";
import type { Metric, Sample } from "../core/metric.ts";
import { type Exemplar, joinPairs, type Labels, type LineWriter, renderPairs, writerOf } from "./format.ts";

/** Collects samples and renders them, grouped by metric. Every probe uses it, so it has no registry. */
export interface Exposition {
  /** Adds samples. The `common` labels come first on each of them. */
  add(samples: Iterable<Sample>, common?: Labels): void;
  /**
   * Renders all samples so far, without the end of an exposition.
   * @param exemplar an exemplar for each counter
   */
  text(format?: ExpositionFormat, exemplar?: Exemplar): string;
  /** Renders all samples so far in parts of a few kilobytes, without the end of an exposition. */
  parts(writer: LineWriter): Generator<string>;
}

/** One sample of a metric. */
interface Line {
  readonly sample: Sample;
  /** The common labels, as rendered. */
  readonly prefix: string;
}

/** The samples of one metric. */
interface Family {
  readonly metric: Metric;
  readonly lines: Line[];
}

/** Length of a part, in characters. */
const PART = 8 * 1024;

/** Creates an empty exposition. */
export function createExposition(): Exposition {
  const families = new Map<string, Family>();
  const isTaken = (name: string): boolean => families.has(name);

  return {
    add(samples, common) {
      const prefix = common === undefined ? "" : renderPairs(common);
      for (const sample of samples) {
        const { metric } = sample;
        const line: Line = { sample, prefix };
        // By name, because several modules can define metrics of the same name.
        const family = families.get(metric.name);
        if (family === undefined) families.set(metric.name, { metric, lines: [line] });
        else family.lines.push(line);
      }
    },
    text(format, exemplar) {
      const writer = writerOf(format);
      let out = "";
      for (const { metric, lines } of families.values()) {
        out += writer.header(metric, isTaken);
        const example = metric.type === "counter" ? exemplar : undefined;
        for (const line of lines) out += textOf(writer, line, metric, example);
      }
      return out;
    },
    *parts(writer) {
      for (const { metric, lines } of families.values()) {
        let part = writer.header(metric, isTaken);
        for (const line of lines) {
          part += textOf(writer, line, metric);
          if (part.length < PART) continue;
          yield part;
          part = "";
        }
        if (part !== "") yield part;
      }
    },
  };
}

function textOf(
  writer: LineWriter,
  { sample: { value, labels }, prefix }: Line,
  { name }: Metric,
  exemplar?: Exemplar,
): string {
  const own = labels === undefined ? "" : renderPairs(labels);
  return writer.line(name, joinPairs(prefix, own), value, exemplar);
}
