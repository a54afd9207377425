import type { Metric, Sample } from "../core/metric.ts";

export type Labels = Readonly<Record<string, string>>;

/**
 * Collects samples and prints them in Prometheus' text format. Samples of one metric stand together however they came.
 * Written for the path of each probe: no registry, one string per series.
 */
export interface Exposition {
  /** Adds samples; `common` labels come first on each of them. */
  add(samples: Iterable<Sample>, common?: Labels): void;
  text(): string;
}

export function createExposition(): Exposition {
  const families = new Map<string, { metric: Metric; lines: string[] }>();
  return {
    add(samples, common) {
      const prefix = common === undefined ? "" : renderPairs(common);
      for (const { metric, value, labels } of samples) {
        const line = `${metric.name}${braces(prefix, labels)} ${renderValue(value)}\n`;
        // By name: users' metrics of the same name come from several modules.
        const family = families.get(metric.name);
        if (family === undefined) families.set(metric.name, { metric, lines: [line] });
        else family.lines.push(line);
      }
    },
    text() {
      let out = "";
      for (const { metric, lines } of families.values()) {
        out += `${headerOf(metric)}${lines.join("")}`;
      }
      return out;
    },
  };
}

/** What stands above the series of a metric. */
export const headerOf = ({ name, help, type }: Metric): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

function braces(prefix: string, labels: Labels | undefined): string {
  const own = labels === undefined ? "" : renderPairs(labels);
  if (prefix === "" && own === "") return "";
  return prefix === "" || own === "" ? `{${prefix}${own}}` : `{${prefix},${own}}`;
}

/** The labels as they stand between the braces. */
export function renderPairs(labels: Labels): string {
  let out = "";
  for (const name in labels) out += `${out === "" ? "" : ","}${name}="${escapeValue(labels[name] ?? "")}"`;
  return out;
}

/** A value as Prometheus reads it. */
export function renderValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

/** Lone surrogates have no UTF-8 form, and one would make Prometheus refuse the whole scrape. */
const escapeValue = (text: string): string => text.toWellFormed().replace(/[\\\n"]/g, (c) => ESCAPES[c] ?? c);
const escapeHelp = (text: string): string => text.replace(/[\\\n]/g, (c) => ESCAPES[c] ?? c);
