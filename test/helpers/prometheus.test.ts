import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";

import { startPrometheus } from "./prometheus.ts";

const exposition = "# HELP beats_total Beats.\n# TYPE beats_total counter\nbeats_total 3\n";

// Prometheus waits 5 s before it scrapes its first targets; both versions do so at the same time.
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

test("rejects when Prometheus refuses its configuration, with the reason", async () => {
  await expect(startPrometheus({ version: "newest", config: "scrape_configs: 1" })).rejects.toThrow(
    "cannot unmarshal",
  );
});

test.for(["bookworm", "newest"] as const)(
  "finds the warnings in the log of Prometheus %s",
  async (version) => {
    await using prometheus = await startPrometheus({ version, config: "scrape_configs: []" });
    // Prometheus refuses to reload an invalid configuration and logs an error.
    await writeFile(`${prometheus.folder}/prometheus.yml`, "scrape_configs: 1");
    await fetch(`${prometheus.url}/-/reload`, { method: "POST" });
    await prometheus.process.waitForOutput(/level=error/i);
    expect(prometheus.warnings()).toStrictEqual([expect.stringContaining("cannot unmarshal")]);
  },
);
