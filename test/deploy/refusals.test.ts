import { describe, expect, test } from "vitest";
import { refusal } from "./chart.ts";

describe("the chart refuses", () => {
  test.each([
    ["a misspelt value", { replica: 2 }, /additional properties 'replica' not allowed/],
    [
      "a misspelt value inside of another",
      { persistence: { sise: "1Gi" } },
      /at '\/persistence': additional properties 'sise' not allowed/,
    ],
    ["a wrong type", { replicas: "two" }, /at '\/replicas': got string, want integer/],
    [
      "a value that is none of those possible",
      { log: { format: "yaml" } },
      /at '\/log\/format': value must be one of 'json', 'logfmt'/,
    ],
    [
      "a duration without a unit",
      { monitoring: { serviceMonitor: { interval: "30" } } },
      /at '\/monitoring\/serviceMonitor\/interval': '30' does not match pattern/,
    ],
    [
      "replicas that would each send every prompt",
      { replicas: 2 },
      /replicas: got 2, want 1, or leaderElection\.enabled or sharding\.enabled/,
    ],
    [
      "shards with a leader",
      { leaderElection: { enabled: true }, sharding: { enabled: true } },
      /sharding\.enabled: got true as well as leaderElection\.enabled/,
    ],
    [
      "a leader without a configuration file",
      { config: null, leaderElection: { enabled: true } },
      /leaderElection\.enabled: got no configuration/,
    ],
    ["a lease without permissions", { config: { lease: {} } }, /config\.lease: want leaderElection\.enabled/],
    [
      "one claim for several replicas",
      { replicas: 2, sharding: { enabled: true }, persistence: { existingClaim: "one" } },
      /persistence\.existingClaim: got one claim for 2 replicas/,
    ],
    [
      "scrapes of any replica although one leads",
      { leaderElection: { enabled: true }, monitoring: { scrapeConfig: { enabled: true } } },
      /monitoring\.scrapeConfig\.enabled: got true as well as leaderElection\.enabled/,
    ],
    [
      "probes of addresses that /probe does not take",
      {
        web: { enableProbeAny: false },
        monitoring: {
          probes: [{ name: "a", module: "http_2xx", targets: { staticConfig: { static: ["a"] } } }],
        },
      },
      /web\.enableProbeAny: got false as well as monitoring\.probes/,
    ],
    ["HTTPS without its file", { web: { https: true } }, /web\.existingSecret: got nothing/],
    ["an Ingress without a host", { ingress: { enabled: true } }, /ingress\.hosts: got none/],
    [
      "the name of an alert that does not exist",
      { monitoring: { prometheusRule: { enabled: true, disabled: ["HeartbeatWatchdgo"] } } },
      /monitoring\.prometheusRule\.disabled: got "HeartbeatWatchdgo", want the name of an alert/,
    ],
  ])("%s", async (_name, values, message) => {
    expect(await refusal(values)).toMatch(message);
  });
});
