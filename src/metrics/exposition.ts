import type { Metric, Sample } from "../core/metric.ts";

/** Labels of a series, in the order of the exposition. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Collects samples and renders them in Prometheus' text format, grouped by metric. Every probe uses it, so it has no
 * registry, and builds one string per series.
 */
export interface Exposition {
  /** Adds samples. The `common` labels come first on each of them. */
  add(samples: Iterable<Sample>, common?: Labels): void;
  /** Renders all samples so far. */
  text(): string;
}

/** Creates an empty exposition. */
export function createExposition(): Exposition {
  const families = new Map<string, { metric: Metric; lines: string[] }>();
  return {
    add(samples, common) {
      const prefix = common === undefined ? "" : renderPairs(common);
      for (const { metric, value, labels } of samples) {
        const line = `${metric.name}${braces(prefix, labels)} ${renderValue(value)}\n`;
        // By name, because several modules can define metrics of the same name.
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

/** Renders the HELP and TYPE lines of a metric. */
export const headerOf = ({ name, help, type }: Metric): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

/** Renders one series line, for callers that cache rendered lines. */
export const seriesLine = (name: string, labels: Labels, value: number): string =>
  `${name}${braces("", labels)} ${renderValue(value)}\n`;

function braces(prefix: string, labels: Labels | undefined): string {
  const own = labels === undefined ? "" : renderPairs(labels);
  if (prefix === "" && own === "") return "";
  return prefix === "" || own === "" ? `{${prefix}${own}}` : `{${prefix},${own}}`;
}

/** Renders labels as they appear between the braces. */
export function renderPairs(labels: Labels): string {
  let out = "";
  for (const name in labels) out += `${out === "" ? "" : ","}${name}="${escapeValue(labels[name] ?? "")}"`;
  return out;
}

/** Renders a value as Prometheus parses it. */
export function renderValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

/** Replaces lone surrogates, which have no UTF-8 form: one of them would make Prometheus reject the whole scrape. */
const escapeValue = (text: string): string => text.toWellFormed().replace(/[\\\n"]/g, (c) => ESCAPES[c] ?? c);

/** Escapes help text for its line. */
const escapeHelp = (text: string): string => text.replace(/[\\\n]/g, (c) => ESCAPES[c] ?? c);
