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

/** The samples of one metric. */
interface Family {
  readonly metric: Metric;
  readonly samples: Sample[];
  /** The common labels of each sample, as rendered. */
  readonly prefixes: string[];
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
        // By name, because several modules can define metrics of the same name.
        const family = families.get(metric.name);
        if (family === undefined)
          families.set(metric.name, { metric, samples: [sample], prefixes: [prefix] });
        else {
          family.samples.push(sample);
          family.prefixes.push(prefix);
        }
      }
    },
    text(format, exemplar) {
      const writer = writerOf(format);
      let out = "";
      for (const family of families.values()) {
        out += writer.header(family.metric, isTaken);
        const example = family.metric.type === "counter" ? exemplar : undefined;
        for (let i = 0; i < family.samples.length; i += 1) out += lineOf(writer, family, i, example);
      }
      return out;
    },
    *parts(writer) {
      for (const family of families.values()) {
        let part = writer.header(family.metric, isTaken);
        for (let i = 0; i < family.samples.length; i += 1) {
          part += lineOf(writer, family, i);
          if (part.length < PART) continue;
          yield part;
          part = "";
        }
        if (part !== "") yield part;
      }
    },
  };
}

function lineOf(writer: LineWriter, { samples, prefixes }: Family, i: number, exemplar?: Exemplar): string {
  const { metric, value, labels } = samples[i] as Sample;
  const own = labels === undefined ? "" : renderPairs(labels);
  return writer.line(metric.name, joinPairs(prefixes[i] ?? "", own), value, exemplar);
}
