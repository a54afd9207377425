import { expect, test } from "vitest";
import { loadConfigText } from "../../src/config/load.ts";
import { configSummary } from "../../src/config/summary.ts";
import { deps } from "./stand-ins.ts";

const EVERYTHING = `
modules: { a: { prober: http } }
targets: [{ name: t, module: a, target: "http://x" }, { name: u, module: a, target: "http://y" }]
heartbeats: [{ name: h }]
heartbeat_registration: { token: hush-hush }
groups:
  - { name: g, members: [t], components: [c, d] }
  - { name: i, members: [h], components: [d] }
relays: [{ name: r, url: "http://x", token_file: TOKEN }]
actions: [{ name: b, match: { alertname: X }, run: [/bin/true], token_file: TOKEN }]
webhooks: [{ name: w, url: "http://x", events: [heartbeat.offline] }]
maintenance: [{ name: m, targets: ["*"], cron: "0 3 * * 6", duration: 2h }]
prices: { m1: { input: 1, output: 2 }, m2: { input: 1, output: 2 } }
lease: { name: l }
`;

test.each([
  ["modules alone", "modules: { a: { prober: http } }", "1 module, 0 targets"],
  ["heartbeats alone", "heartbeats: [{ name: a }, { name: b }]", "0 modules, 0 targets, 2 heartbeats"],
  [
    "every section",
    EVERYTHING,
    "1 module, 2 targets, 1 heartbeat, 2 groups, 2 components, 1 relay, 1 action, 1 webhook, 1 maintenance window, 2 prices, registration of heartbeats, a lease",
  ],
])("the summary of %s", (_, yaml, summary) => {
  expect(
    configSummary(
      loadConfigText(yaml.replaceAll("TOKEN", import.meta.filename), "exporter.yml", {}, deps),
      {},
    ),
  ).toBe(summary);
});

test("the summary counts plugins", () => {
  const config = loadConfigText("modules: { a: { prober: http } }", "exporter.yml", {}, deps);
  expect(configSummary(config, { plugins: new Map([["p", {}]]) })).toBe("1 module, 0 targets, 1 plugin");
});
