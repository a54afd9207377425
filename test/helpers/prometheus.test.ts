import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";

import { startPrometheus } from "./prometheus.ts";

const exposition = "# HELP beats_total Beats.\n# TYPE beats_total counter\nbeats_total 3\n";

// A Prometheus takes up its first targets after 5 s; two can wait at the same time.
test.concurrent.for(["bookworm", "newest"] as const)(
  "a real Prometheus (%s) scrapes and answers",
  async (version, { expect }) => {
    await using exporter = createServer((_, response) => {
      response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8").end(exposition);
    }).listen(0, "127.0.0.1");
    await once(exporter, "listening");
    const address = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    await using prometheus = await startPrometheus({
      version,
      config: `
global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }
rule_files: [some.rules.yml]
scrape_configs: [{ job_name: some, static_configs: [{ targets: ["${address}"] }] }]
`,
      files: { "some.rules.yml": "groups: [{ name: some, rules: [{ record: up:double, expr: 2 * up }] }]" },
    });

    expect(await prometheus.queryUntil("up == 1")).toStrictEqual([
      { metric: { __name__: "up", instance: address, job: "some" }, value: 1 },
    ]);
    expect(await prometheus.queryUntil("up:double")).toMatchObject([{ value: 2 }]);
    expect(await prometheus.query("sum(beats_total)")).toStrictEqual([{ metric: {}, value: 3 }]);
    expect(await prometheus.query("1 / 0")).toStrictEqual([{ metric: {}, value: Number.POSITIVE_INFINITY }]);
    expect(await prometheus.targets()).toMatchObject([{ health: "up", lastError: "" }]);
    expect(await prometheus.metadata("beats_total")).toStrictEqual({
      beats_total: [{ type: "counter", help: "Beats.", unit: "" }],
    });
    expect(prometheus.warnings()).toStrictEqual([]);
    await expect(prometheus.query("1 +")).rejects.toThrow("parse error");
  },
);

test("a Prometheus with a bad configuration says so", async () => {
  await expect(startPrometheus({ version: "newest", config: "scrape_configs: 1" })).rejects.toThrow(
    "cannot unmarshal",
  );
});

test.for(["bookworm", "newest"] as const)("warnings are found in the log of %s", async (version) => {
  await using prometheus = await startPrometheus({ version, config: "scrape_configs: []" });
  // A configuration that cannot be read is refused on reload and logged as an error.
  await writeFile(`${prometheus.folder}/prometheus.yml`, "scrape_configs: 1");
  await fetch(`${prometheus.url}/-/reload`, { method: "POST" });
  await prometheus.process.waitForOutput(/level=error/i);
  expect(prometheus.warnings()).toStrictEqual([expect.stringContaining("cannot unmarshal")]);
});
