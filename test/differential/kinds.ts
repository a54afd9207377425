import { startBlackbox } from "../helpers/blackbox.ts";
import { startExporter } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import type { Verdict } from "./case.ts";
import { differences, type Observation, verdictOf } from "./compare.ts";

/** One comparison of both exporters, for modules of any kind. `Place` is what the group of cases knows about its targets. */
export interface KindCase<Place> {
  readonly name: string;
  /**
   * The verdict of blackbox_exporter; a number is the status of a request that does not probe. 0 if it closes the connection
   * instead of answering.
   */
  readonly verdict: Verdict | 0;
  /** The module without its timeout, as a YAML flow mapping: `{ prober: tcp, tcp: { tls: true } }`. */
  readonly module: string | ((place: Place) => string);
  /** `8s` by default. */
  readonly timeout?: string;
  readonly target: string | ((place: Place) => string);
  /** Parameters of /probe to add or replace. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Headers of the scrape. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Intended differences: anchors of docs/blackbox-differences.md, each with the lines of compare.ts. */
  readonly differs?: Readonly<Record<string, readonly string[]>>;
}

/** Both exporters, with the modules of all cases. */
export interface KindExporters<Place> extends AsyncDisposable {
  /** Probes with both exporters, one after the other, and returns the verdict of blackbox_exporter and the differences. */
  compare(each: KindCase<Place>): Promise<readonly (string | number)[]>;
  /** Returns the text of `/probe` of one exporter. */
  probe(exporter: "theirs" | "ours", each: KindCase<Place>): Promise<Observation>;
}

/** What a case should find: the verdict of blackbox_exporter and the lines of its intended differences. */
export const expectationOf = <Place>({ verdict, differs }: KindCase<Place>): readonly (string | number)[] => [
  verdict,
  ...Object.values(differs ?? {})
    .flat()
    .toSorted(),
];

/**
 * Starts both exporters with the module of each case.
 * @param files files of the modules by name; `{folder}` in a module is replaced by their folder
 */
export async function startKinds<Place>(
  cases: readonly KindCase<Place>[],
  place: Place,
  { files = {}, env = {} }: Readonly<Partial<Record<"files" | "env", Readonly<Record<string, string>>>>> = {},
): Promise<KindExporters<Place>> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const names = new Map(cases.map((each, i) => [each, `case_${i}`]));
  const text = (of: string | ((place: Place) => string)): string => (typeof of === "string" ? of : of(place));
  const modules = [...names].map(([{ module, timeout = "8s" }, name]) => {
    const options = text(module)
      .trim()
      .replaceAll("{folder}", folder.path)
      .replace(/^\{/, `{ timeout: ${timeout}, `);
    return `  ${name}: ${options}\n`;
  });
  const yaml = `modules:\n${modules.join("")}`;
  const [theirs, ours] = await Promise.all([
    startBlackbox({ version: "newest", config: yaml, env }).then((each) => resources.use(each)),
    startExporter({ yaml, env }).then((each) => resources.use(each)),
  ]);
  const owned = resources.move();
  const urls = { theirs: theirs.url, ours: ours.url };

  const probe: KindExporters<Place>["probe"] = async (exporter, each) => {
    const module = names.get(each);
    if (module === undefined) throw new Error(`${each.name} is not among the cases`);
    const query = new URLSearchParams({ target: text(each.target), module, ...each.parameters });
    const url = `${urls[exporter]}/probe?${query}`;
    const response = await fetch(url, { headers: each.headers ?? {} }).catch((error: unknown) => {
      if (each.verdict !== 0 || exporter !== "theirs") throw error;
    });
    if (response === undefined) return { status: 0, text: "", requests: [] };
    return { status: response.status, text: await response.text(), requests: [] };
  };
  return {
    probe,
    async compare(each) {
      const before = await probe("theirs", each);
      const after = await probe("ours", each);
      const lines = differences(before, after, { slow: false, agent: false });
      return [verdictOf(before.text) ?? before.status, ...lines.toSorted()];
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
