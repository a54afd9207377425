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

/** One sample, and the next one of its metric. */
interface Line {
  readonly sample: Sample;
  /** The common labels, as rendered. */
  readonly prefix: string;
  next: Line | undefined;
}

/** The samples of one metric, in a chain: most have one, which an array would have room for many of. */
interface Family {
  readonly first: Line;
  last: Line;
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
        const line: Line = { sample, prefix, next: undefined };
        // By name, because several modules can define metrics of the same name.
        const family = families.get(sample.metric.name);
        if (family === undefined) families.set(sample.metric.name, { first: line, last: line });
        else {
          family.last.next = line;
          family.last = line;
        }
      }
    },
    text(format, exemplar) {
      const writer = writerOf(format);
      let out = "";
      for (const { first } of families.values()) {
        const { metric } = first.sample;
        out += writer.header(metric, isTaken);
        const example = metric.type === "counter" ? exemplar : undefined;
        for (let line: Line | undefined = first; line !== undefined; line = line.next)
          out += textOf(writer, line, metric, example);
      }
      return out;
    },
    *parts(writer) {
      for (const { first } of families.values()) {
        const { metric } = first.sample;
        let part = writer.header(metric, isTaken);
        for (let line: Line | undefined = first; line !== undefined; line = line.next) {
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
