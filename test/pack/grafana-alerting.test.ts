import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseDuration } from "../../src/core/units.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";
import { asPrometheusFile, GRAFANA_ALERTING, grafanaGroups, promqlOf } from "./grafana-alerts.ts";
import { readsOf } from "./promql.ts";
import { alerts, allRules } from "./rules.ts";

const PROVISIONING = fileURLToPath(new URL("../../grafana/provisioning", import.meta.url));

const rules = grafanaGroups.flatMap((group) => group.rules);
const recorded = new Set(allRules.flatMap(({ record }) => record ?? []));

const readYaml = (path: string): Record<string, unknown> =>
  parse(readFileSync(path, "utf8")) as Record<string, unknown>;

describe("Grafana's own alert rules", () => {
  test("are those of Prometheus, with their labels and delays, but for one about recording rules", () => {
    const facts = rules.map(({ title, labels, for: delay }) => ({ title, labels, delay }));
    expect(facts).toEqual(
      alerts
        .filter(({ alert }) => alert !== "HeartbeatRulesIncomplete")
        .map(({ alert, labels, for: delay = "0s" }) => ({ title: alert, labels, delay })),
    );
  });

  test("are in groups of the format of provisioning files", () => {
    expect(new Set(grafanaGroups.map(({ name }) => name)).size).toBe(grafanaGroups.length);
    for (const { orgId, folder, interval } of grafanaGroups) {
      expect({ orgId, folder }).toEqual({ orgId: 1, folder: "Heartbeat" });
      // Grafana evaluates at multiples of ten seconds.
      expect((parseDuration(interval) ?? Number.NaN) % 10).toBe(0);
    }
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
  });

  test.each(rules.map((rule) => [rule.title, rule] as const))(
    "%s has the form that Grafana reads",
    (_title, rule) => {
      // The longest uid that Grafana stores.
      expect(rule.uid).toMatch(/^[\w-]{1,40}$/);
      const [query, math, threshold] = rule.data;
      expect(rule.data).toHaveLength(3);
      expect(rule.condition).toBe(threshold?.refId);
      for (const { refId, model, relativeTimeRange } of rule.data) {
        expect(model.refId).toBe(refId);
        expect(relativeTimeRange.from).toBeGreaterThan(relativeTimeRange.to);
      }
      expect(query).toMatchObject({ datasourceUid: "prometheus", model: { instant: true } });
      expect(math).toMatchObject({
        datasourceUid: "__expr__",
        // Whatever the value: an alert may have the value 0, as a duration.
        model: { type: "math", expression: "is_number($A) || is_nan($A) || is_inf($A)" },
      });
      expect(threshold).toMatchObject({
        datasourceUid: "__expr__",
        model: { type: "threshold", expression: math?.refId },
      });
      expect(rule.missing_series_evals_to_resolve).toBeGreaterThan(0);
      // An expression that filters has no series while all is well.
      expect(rule.noDataState).toBe("OK");
      // A Prometheus that does not answer must not pass for one without alerts.
      expect(rule.execErrState).toBe("Error");
      // Grafana replaces $NAME in labels by the environment, and prints $value as a sentence.
      expect(JSON.stringify(rule.labels)).not.toContain("$");
      expect(JSON.stringify(rule.annotations)).not.toMatch(/\$value\b|\bquery\b/);
    },
  );

  test.each(rules.map((rule) => [rule.title, rule] as const))(
    "%s reads no recorded series",
    (_title, rule) => {
      const { selectors } = readsOf(promqlOf(rule));
      expect(selectors.filter(({ metric = "" }) => recorded.has(metric))).toEqual([]);
    },
  );
});

test("the PromQL of Grafana's alert rules is valid", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("grafana.rules.yml", asPrometheusFile());
  const { code, stderr } = await runTool("promtool", "bookworm", ["check", "rules", file]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
});

describe("the provisioning of Grafana", () => {
  test("has each folder that Grafana looks for, with a file that does nothing by itself where none is needed", () => {
    const folders = readdirSync(PROVISIONING).toSorted();
    expect(folders).toEqual(["alerting", "dashboards", "datasources", "plugins"]);
    for (const folder of folders) {
      for (const file of readdirSync(join(PROVISIONING, folder))) {
        expect(file).toMatch(/\.yml$/);
        expect(readYaml(join(PROVISIONING, folder, file))).toMatchObject({ apiVersion: 1 });
      }
    }
    // Alerts of Grafana beside those of Prometheus would report each outage twice.
    expect(readYaml(join(PROVISIONING, "alerting/heartbeat-exporter.yml"))).toEqual({ apiVersion: 1 });
    expect(readYaml(join(PROVISIONING, "plugins/heartbeat-exporter.yml"))).toEqual({
      apiVersion: 1,
      apps: [],
    });
  });
});

interface Policy {
  readonly receiver: string;
  readonly object_matchers?: readonly (readonly [label: string, operator: string, value: string])[];
  readonly group_by?: readonly string[];
  readonly routes?: readonly Policy[];
}

describe("notifications of Grafana", () => {
  const { contactPoints } = readYaml(join(GRAFANA_ALERTING, "contact-points.yml")) as {
    contactPoints: readonly {
      name: string;
      receivers: readonly { uid: string; type: string; settings: Readonly<Record<string, unknown>> }[];
    }[];
  };
  const { policies } = readYaml(join(GRAFANA_ALERTING, "policies.yml")) as { policies: readonly Policy[] };
  const routes = policies.flatMap((policy) => [policy, ...(policy.routes ?? [])]);

  test("take every secret and address from the environment", () => {
    const secrets = contactPoints.flatMap(({ receivers }) =>
      receivers.flatMap(({ settings }) =>
        Object.entries(settings).filter(([name]) => /url|key|token|addresses|credentials/i.test(name)),
      ),
    );
    expect(secrets.length).toBeGreaterThan(2);
    for (const [name, value] of secrets)
      expect({ name, value }).toEqual({ name, value: expect.stringMatching(/^\$HEARTBEAT_[A-Z_]+$/) });
  });

  test("go to contact points that exist, each of which is used", () => {
    const named = contactPoints.map(({ name }) => name);
    expect(new Set(routes.map(({ receiver }) => receiver))).toEqual(new Set(named));
    const uids = contactPoints.flatMap(({ receivers }) => receivers.map(({ uid }) => uid));
    expect(new Set(uids).size).toBe(uids.length);
  });

  test("have a route for each severity, for the watchdog, and for a Prometheus that does not answer", () => {
    const matched = routes.flatMap(({ object_matchers: matchers = [] }) =>
      matchers.map((matcher) => matcher.join(" ")),
    );
    expect(matched).toEqual(
      expect.arrayContaining([
        "alertname = HeartbeatWatchdog",
        "alertname =~ Datasource(Error|NoData)",
        "severity = critical",
        "severity = info",
      ]),
    );
    // Sixty rules fail at once if Prometheus does not answer: one message.
    const failed = routes.find(({ object_matchers: matchers = [] }) =>
      matchers.flat().includes("Datasource(Error|NoData)"),
    );
    expect(failed?.group_by).toEqual(["alertname"]);
    // There is no inhibition: what is wrong with one thing comes in one message.
    expect(policies[0]?.group_by).not.toContain("alertname");
  });
});
