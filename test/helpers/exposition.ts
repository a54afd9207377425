/** One sample line of an exposition. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/g;

/**
 * Parses the text format as strictly as Prometheus does.
 * @throws Error on a line that is not in the format
 */
export function parseExposition(text: string): { series: Series[]; types: Map<string, string> } {
  const series: Series[] = [];
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) types.set(type[1] ?? "", type[2] ?? "");
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    if (match === null) throw new Error(`not a line of the text format: ${line}`);
    const labels = labelsIn(match[2] ?? "", line);
    series.push({ name: match[1] ?? "", labels: Object.fromEntries(labels), value: Number(match[3]) });
  }
  return { series, types };
}

/** Splits the text between the braces, which Prometheus refuses if a name occurs twice. */
function labelsIn(text: string, line: string): readonly (readonly [name: string, value: string])[] {
  const found = [...text.matchAll(LABEL)];
  const names = new Set(found.map(([, name]) => name));
  if (found.map(([all]) => all).join("") !== text || names.size !== found.length) {
    throw new Error(`not a list of labels, each once: ${line}`);
  }
  return found.map(([, name = "", value = ""]) => [name, value]);
}

/**
 * Returns the value of the one series with this name and at least these labels, or undefined.
 * @throws Error when several series match
 */
export function valueOf(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = parseExposition(text).series.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  );
  if (found.length > 1)
    throw new Error(`${name} ${JSON.stringify(labels)}: got ${found.length} series, want one`);
  return found[0]?.value;
}
