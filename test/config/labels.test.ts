import { expect, test } from "vitest";
import { allMetrics } from "../../src/catalogue/index.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { probers } from "../../src/probers/index.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { beat } from "../probers/heartbeat-log/probing.ts";

/** Every label of a metric of the exporter, those of information that no metric lists, and those of Prometheus. */
const OURS: readonly string[] = [
  ...new Set([
    ...allMetrics(probers).flatMap(({ labels }) => labels),
    "heartbeat",
    "source",
    "target",
    "module",
    "kind",
    "hostname",
    "owner",
    "group",
    "host",
    "critical",
    "instance",
    "job",
    "team",
    "__name__",
  ]),
];

/** Each entry that may have labels, whose series the page shows. */
const ENTRIES: Readonly<Record<string, (file: string, labels: string) => string>> = {
  "a target with a heartbeat": (file, labels) => `
modules: { log: { prober: heartbeat_log, heartbeat_log: { paths: ["${file}"] } } }
targets: [{ name: one, module: log, target: "${file}", schedule: interval, labels: { ${labels} } }]`,
  "a target": (_file, labels) => `
modules: { page: { prober: http } }
targets: [{ name: one, module: page, target: "http://127.0.0.1:1", labels: { ${labels} } }]`,
  "a heartbeat": (_file, labels) => `heartbeats: [{ name: one, labels: { ${labels} } }]`,
  "a group": (_file, labels) => `
heartbeats: [{ name: one }]
groups: [{ name: all, members: [one], labels: { ${labels} } }]`,
  "a route": (_file, labels) => `
modules: { page: { prober: http } }
targets: [{ name: one, module: page, target: "http://127.0.0.1:1", failover: true }]
routes: [{ name: way, order: [one], labels: { ${labels} } }]`,
};

/** Returns the labels that a configuration is refused for. */
function refusedIn(message: string): readonly string[] {
  const lines = message.split("\n");
  const found = lines.flatMap((line) => /labels\.(\w+): got a reserved label/.exec(line)?.[1] ?? []);
  expect(found).toHaveLength(lines.length);
  return found;
}

test.each(Object.entries(ENTRIES))(
  "labels of %s are refused, or leave a page that Prometheus reads",
  async (_name, yamlFor) => {
    await using folder = await temporaryFolder();
    const file = await folder.write("app.log", beat(1));
    const start = (labels: readonly string[]) =>
      startLocalExporter({
        yaml: yamlFor(file, labels.map((label) => `${label}: x`).join(", ")),
        probers,
      });
    const refused = await start(OURS).then(
      (): readonly string[] => [],
      (error: unknown) => {
        if (error instanceof ConfigError) return refusedIn(error.message);
        throw error;
      },
    );
    expect(refused).toEqual(expect.arrayContaining(["instance", "job", "__name__"]));
    const accepted = OURS.filter((label) => !refused.includes(label));
    await using exporter = await start(accepted);
    await fetch(`${exporter.url}/probe?target=one`);
    const { series } = parseExposition(await (await fetch(`${exporter.url}/metrics`)).text());
    const ids = series.map(({ name, labels }) =>
      JSON.stringify([
        name,
        Object.keys(labels)
          .toSorted()
          .map((key) => [key, labels[key]]),
      ]),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const shown = accepted.filter((label) => series.some(({ labels }) => labels[label] === "x"));
    expect(shown).toEqual(accepted);
  },
);
