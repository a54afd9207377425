import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { runMain } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { CHART, helm, problemsOf, render } from "./chart.ts";

/** A value of values.schema.json. */
interface Value {
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Value>>;
}

interface Example {
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Returns the examples in the schema, each as the values that would set it. */
const examplesOf = (value: Value, path: readonly string[]): readonly Example[] => [
  ...(value.examples ?? []).map((example) => ({
    place: path.join("."),
    values: path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), example) as Example["values"],
  })),
  ...Object.entries(value.properties ?? {}).flatMap(([key, inner]) => examplesOf(inner, [...path, key])),
];

/** Returns the values in a page, or in one of its sections. */
const blocksOf = (page: string, section?: string): readonly Example[] => {
  const all = readFileSync(join(CHART, page), "utf8");
  const text =
    section === undefined ? all : (all.split(/^## /m).find((one) => one.startsWith(section)) ?? "");
  return [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml = ""]) => ({
    place: `${page}: ${yaml.split("\n")[0]}`,
    values: parse(yaml) as Example["values"],
  }));
};

const EXAMPLES: readonly Example[] = [
  ...examplesOf(JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Value, []),
  ...blocksOf("README.md"),
  ...blocksOf("../../../docs/kubernetes.md", "Helm"),
  ...blocksOf("../../../docs/kubernetes.md", "Two replicas"),
];

/** What an example needs from elsewhere in order to have an effect. */
const NEEDED: Readonly<Record<string, object>> = {
  extraVolumeMounts: { extraVolumes: [{ name: "authorities", configMap: { name: "authorities" } }] },
  "ingress.hosts": { ingress: { enabled: true, hosts: [{ host: "other.example.com" }] } },
  "ingress.tls": { ingress: { enabled: true, hosts: [{ host: "heartbeat.example.com" }] } },
  "monitoring.labels": { monitoring: { serviceMonitor: { enabled: true } } },
  "monitoring.prometheusRule.disabled": { monitoring: { prometheusRule: { enabled: true } } },
  "monitoring.prometheusRule.labels": { monitoring: { prometheusRule: { enabled: true } } },
  "monitoring.serviceMonitor.endpoint": { monitoring: { serviceMonitor: { enabled: true } } },
  "monitoring.serviceMonitor.spec": { monitoring: { serviceMonitor: { enabled: true } } },
  "networkPolicy.egress": { networkPolicy: { enabled: true } },
  "networkPolicy.from": { networkPolicy: { enabled: true } },
};

/** Merges two trees of values, of which the second takes precedence. */
function merged(first: object, second: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const other = result[key];
    result[key] = isMap(other) && isMap(value) ? merged(other, value) : value;
  }
  return result;
}

const isMap = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

test("the pages have examples", () => {
  expect(EXAMPLES.filter(({ place }) => place.includes(".md:"))).toHaveLength(4);
});

describe("an example of the chart is valid, and changes what is rendered:", () => {
  test.each(EXAMPLES)("$place", async ({ place, values }) => {
    const needed = NEEDED[place] ?? {};
    const chart = await render(merged(needed, values));
    expect(await problemsOf(chart.text)).toEqual([]);
    expect(chart.text).not.toBe((await render(needed)).text);
    const yaml = chart.all("ConfigMap").find(({ data }) => data?.["exporter.yml"] !== undefined)?.data;
    if (!("config" in values) || yaml === undefined) return;
    await using folder = await temporaryFolder();
    const key = await folder.write("openai", "sk-of-the-test");
    const text = (yaml["exporter.yml"] ?? "").replaceAll("/run/secrets/heartbeat-exporter/openai", key);
    const file = await folder.write("exporter.yml", text);
    await using check = runMain([`--config.file=${file}`, "--config.check"], { POD_NAME: "pod-0" });
    expect([await check.exited, check.output()]).toMatchObject([{ code: 0 }, /the configuration is good/]);
  });
});

test("the lines of the chart's page that install it are those of helm", async () => {
  await using folder = await temporaryFolder();
  const page = readFileSync(join(CHART, "README.md"), "utf8");
  const [, line = ""] = /^(helm install [^]*?[^\\])\n/m.exec(page) ?? [];
  const words = line.replaceAll("\\\n", " ").split(/\s+/).slice(2);
  const [, values = ""] = /^# values\.yaml\n([^]*?)^```$/m.exec(page) ?? [];
  const file = await folder.write("values.yaml", values);
  const args = words.map((word) => (word === "values.yaml" ? file : word));
  const { code, stderr, stdout } = await helm(["template", ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("image: registry.example.com/team/heartbeat-exporter:");
});
