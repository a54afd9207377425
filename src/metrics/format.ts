import { type ExpositionFormat, TEXT_FORMAT } from "../core/exposition-format.ts";
import type { Metric } from "../core/metric.ts";
import type { Timestamp } from "../core/units.ts";

/** Labels of a series, in the order of the exposition. */
export type Labels = Readonly<Record<string, string>>;

/** The name, type and help text of a family of series. */
export type FamilyHead = Pick<Metric, "name" | "help"> & { readonly type: Metric["type"] | "summary" };

/** A probe as an example of what a counter or bucket counted. Its log is at `/logs?id=` and its trace ID. */
export interface Exemplar {
  readonly traceId: number;
  readonly value: number;
  readonly at: Timestamp;
}

/** Writes the lines of an exposition in one format. */
export interface LineWriter {
  /**
   * Returns the HELP and TYPE lines of a family.
   * @param isTaken whether another family has this name, which OpenMetrics forbids for a counter without its `_total`
   */
  header(family: FamilyHead, isTaken?: (name: string) => boolean): string;
  /**
   * Returns the line of one series.
   * @param pairs its labels as {@link renderPairs} returns them
   */
  line(name: string, pairs: string, value: number, exemplar?: Exemplar): string;
  /** Returns the line with the time when a series of a counter or histogram began; empty if the format has none. */
  created(family: FamilyHead, pairs: string, at: Timestamp | undefined): string;
  /** Returns an upper bound of a histogram as the value of `le`. */
  bound(value: number): string;
  /** The last line of an exposition. */
  readonly end: string;
}

const plainLine = (name: string, pairs: string, value: number): string =>
  pairs === "" ? `${name} ${renderValue(value)}\n` : `${name}{${pairs}} ${renderValue(value)}\n`;

const header = (name: string, help: string, type: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

/** Remembers the headers of families, which each answer to `/probe` repeats. */
function remembered(render: (family: FamilyHead) => string): (family: FamilyHead) => string {
  const known = new WeakMap<FamilyHead, string>();
  return (family) => {
    const before = known.get(family);
    if (before !== undefined) return before;
    // In one piece: V8 keeps a text that was joined as its pieces, and would join them for each answer.
    const text = Buffer.from(render(family)).toString();
    known.set(family, text);
    return text;
  };
}

const text: LineWriter = {
  header: remembered(({ name, help, type }) => header(name, escapeHelp(help), type)),
  line: plainLine,
  created: () => "",
  bound: renderValue,
  end: "",
};

/** The suffix of a counter's series, which the name of its family in OpenMetrics lacks. */
const TOTAL = "_total";

const withoutTotal = (name: string): string => (name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name);

const openMetricsHeader = remembered(({ name, help, type }) => header(name, escapeValue(help), type));

const openMetrics: LineWriter = {
  header(family, isTaken = () => false) {
    const { name, help, type } = family;
    if (type !== "counter") return openMetricsHeader(family);
    const base = withoutTotal(name);
    // A counter must end in _total, and no other family may have its name without it. The names of series stay the same
    // in all formats, so such a counter has no type.
    return base === name || isTaken(base)
      ? header(name, escapeValue(help), "unknown")
      : header(base, escapeValue(help), type);
  },
  line(name, pairs, value, exemplar) {
    const line = plainLine(name, pairs, value);
    if (exemplar === undefined) return line;
    const { traceId, value: example, at } = exemplar;
    return `${line.slice(0, -1)} # {trace_id="${traceId}"} ${renderValue(example)} ${renderValue(at)}\n`;
  },
  created: () => "",
  // The canonical form of a float, by which Prometheus identifies buckets.
  bound: (value) => (Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : renderValue(value)),
  end: "# EOF\n",
};

const openMetricsWithCreated: LineWriter = {
  ...openMetrics,
  created: ({ name }, pairs, at) =>
    at === undefined ? "" : plainLine(`${withoutTotal(name)}_created`, pairs, at),
};

/** Returns the writer of a format. */
export function writerOf({ kind, created }: ExpositionFormat = TEXT_FORMAT): LineWriter {
  if (kind === "text") return text;
  return created ? openMetricsWithCreated : openMetrics;
}

/** Renders labels as they appear between the braces. */
export function renderPairs(labels: Labels): string {
  let out = "";
  for (const name in labels) out += `${out === "" ? "" : ","}${name}="${escapeValue(labels[name] ?? "")}"`;
  return out;
}

/** Joins labels that {@link renderPairs} has rendered. */
export const joinPairs = (one: string, other: string): string =>
  one === "" || other === "" ? one + other : `${one},${other}`;

/** Renders a value as Prometheus parses it. */
export function renderValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

/** Replaces lone surrogates, which have no UTF-8 form: one of them would make Prometheus reject the whole scrape. */
const escapeValue = (value: string): string =>
  value.toWellFormed().replace(/[\\\n"]/g, (c) => ESCAPES[c] ?? c);

/** Escapes help text for its line. */
const escapeHelp = (help: string): string => help.replace(/[\\\n]/g, (c) => ESCAPES[c] ?? c);
