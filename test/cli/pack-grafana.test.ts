import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultDashboard } from "@grafana/schema";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { OLDEST_GRAFANA } from "../../src/cli/pack/grafana.ts";
import { withGrafanaValues } from "../../src/cli/pack/grafana-overrides.ts";
import { runMain } from "../helpers/exporter.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import type { GrafanaGroup, GrafanaRule } from "../pack/grafana-alerts.ts";
import { panelsOf, readDashboards } from "../pack/queries.ts";

const dashboards = readDashboards();

/** Runs `pack --only dashboards` with these flags. */
async function written(folder: TemporaryFolder, ...flags: readonly string[]): Promise<string> {
  const out = join(folder.path, "out");
  await using run = runMain(["pack", "--out", out, "--only", "dashboards", ...flags]);
  expect({ ...(await run.exited), stderr: run.stderr() }).toMatchObject({ code: 0, stderr: "" });
  return out;
}

const read = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");

const rulesIn = (out: string): readonly GrafanaRule[] =>
  (parse(read(out, "grafana/alerting/rules.yml")) as { groups: readonly GrafanaGroup[] }).groups.flatMap(
    ({ rules }) => rules,
  );

interface Importable {
  readonly id: null;
  readonly __inputs: readonly { readonly name: string; readonly type: string; readonly pluginId: string }[];
  readonly __requires: readonly { readonly type: string; readonly id: string; readonly version: string }[];
}

describe("heartbeat-exporter pack --grafana", () => {
  test("the dashboards have the newest schema of the classic JSON", () => {
    const versions = [...dashboards].map(([name, dashboard]) => [
      name,
      (dashboard as { schemaVersion?: number }).schemaVersion,
    ]);
    expect(versions).toEqual([...dashboards.keys()].map((name) => [name, defaultDashboard.schemaVersion]));
  });

  test("the example starts a Grafana that is new enough", () => {
    const image = /grafana\/grafana:([\d.]+)/.exec(read("examples/compose.yaml"))?.[1] ?? "";
    expect(image.localeCompare(OLDEST_GRAFANA, "en", { numeric: true })).toBeGreaterThanOrEqual(0);
  });

  test("import: dashboards that ask for the data source and name what they need", async () => {
    await using folder = await temporaryFolder();
    const out = await written(folder, "--grafana=import");
    for (const [name, dashboard] of dashboards) {
      const text = read(out, `dashboards/${name}.json`);
      const { __inputs: inputs, __requires: requires, ...rest } = JSON.parse(text) as Importable;
      expect(inputs).toMatchObject([{ name: "DS_PROMETHEUS", type: "datasource", pluginId: "prometheus" }]);
      expect(requires).toContainEqual(
        expect.objectContaining({ type: "grafana", id: "grafana", version: OLDEST_GRAFANA }),
      );
      expect(requires).toContainEqual(expect.objectContaining({ type: "datasource", id: "prometheus" }));
      const panels = requires.filter(({ type }) => type === "panel").map(({ id }) => id);
      expect(panels).toEqual([...new Set(panelsOf(dashboard).map(({ type }) => type))].toSorted());
      // Grafana replaces the input wherever it stands. It is the value of the variable, and nothing else differs.
      expect(text.match(/\$\{DS_PROMETHEUS\}/g)).toHaveLength(2);
      const list = dashboard.templating.list.map((variable) =>
        variable.type === "datasource" ? { ...variable, current: expect.anything() } : variable,
      );
      expect(rest).toEqual({ ...dashboard, id: null, templating: { ...dashboard.templating, list } });
    }
  });

  test("provision: all that Grafana reads from its folder of provisioning files", async () => {
    await using folder = await temporaryFolder();
    const out = await written(folder, "--grafana=provision");
    for (const name of dashboards.keys()) {
      expect(read(out, `dashboards/${name}.json`)).not.toContain("__inputs");
    }
    expect(readdirSync(join(out, "grafana/alerting")).toSorted()).toEqual([
      "contact-points.yml",
      "policies.yml",
      "rules.yml",
    ]);
    expect(readdirSync(join(out, "grafana/provisioning")).toSorted()).toEqual([
      "alerting",
      "dashboards",
      "datasources",
      "plugins",
    ]);
  });

  test("provision: applies overrides to the alert rules of Grafana", async () => {
    await using folder = await temporaryFolder();
    const out = await written(folder, "--grafana=provision");
    const before = rulesIn(out).find(({ title }) => title === "HeartbeatModelUnavailable");
    const overrides = await folder.write(
      "overrides.yml",
      `
runbook_url: https://wiki.example.com/rb/
labels: { price: $5 }
alerts:
  HeartbeatModelUnavailable: { for: 7m, keep_firing_for: 9m, severity: info, annotations: { summary: "{{ $value }}" } }
  HeartbeatWatchdog: { disable: true }
`,
    );
    await written(folder, "--grafana=provision", `--overrides=${overrides}`);
    const rules = rulesIn(out);
    expect(rules.find(({ title }) => title === "HeartbeatModelUnavailable")).toEqual({
      ...before,
      for: "7m",
      missing_series_evals_to_resolve: 9,
      // Grafana replaces $NAME in labels by the environment, and $$ by $.
      labels: { ...before?.labels, severity: "info", price: "$$5" },
      annotations: {
        ...before?.annotations,
        summary: "{{ $values.A.Value }}",
        runbook_url: "https://wiki.example.com/rb/HeartbeatModelUnavailable.md",
      },
    });
    expect(rules.filter(({ title }) => title === "HeartbeatWatchdog")).toEqual([]);
  });

  test.each([
    ["{{ $labels.target }} {{ humanize $value }}", "{{ $labels.target }} {{ humanize $values.A.Value }}"],
    ["a{{ range query `up` }}{{ if .Value }}b{{ else }}c{{ end }}{{ end }}d", "ad"],
    ["a{{ with printf `x{job=%q}` $labels.job | query }}b{{ else }}never{{ end }}d", "ad"],
    [
      "{{ if gt $value 0.0 }}a{{ else }}{{ query `up` | first | value }}b{{ end }}",
      "{{ if gt $values.A.Value 0.0 }}a{{ else }}b{{ end }}",
    ],
    ["?target={{ $labels.target | urlquery }}", "?target={{ $labels.target | urlquery }}"],
  ])("annotations without what Grafana's templates cannot do: %s", (prometheus, grafana) => {
    expect(withGrafanaValues(prometheus)).toBe(grafana);
  });

  test("configmap: one ConfigMap per dashboard, with the label that the sidecar selects", async () => {
    await using folder = await temporaryFolder();
    const out = await written(folder, "--grafana=configmap");
    expect(readdirSync(join(out, "dashboards"))).toEqual(["configmaps.yaml"]);
    const maps = parseAllDocuments(read(out, "dashboards/configmaps.yaml")).map(
      (document) => document.toJS() as object,
    );
    expect(maps).toHaveLength(dashboards.size);
    for (const [i, [name, dashboard]] of [...dashboards].toSorted(([a], [b]) => (a < b ? -1 : 1)).entries()) {
      const { data, ...map } = maps[i] as { data: Record<string, string> };
      expect(map).toMatchObject({
        kind: "ConfigMap",
        metadata: { name: `heartbeat-dashboard-${name}`, labels: { grafana_dashboard: "1" } },
      });
      expect(JSON.parse(data[`heartbeat-${name}.json`] ?? "")).toEqual(dashboard);
    }
  });

  test("removes what the form before has written", async () => {
    await using folder = await temporaryFolder();
    const out = await written(folder, "--grafana=provision");
    await written(folder, "--grafana=configmap");
    expect(existsSync(join(out, "grafana/alerting/rules.yml"))).toBe(false);
    expect(readdirSync(join(out, "dashboards"))).toEqual(["configmaps.yaml"]);
  });

  test("rejects an unknown form", async () => {
    await using run = runMain(["pack", "--out", "/nowhere", "--grafana=json"]);
    expect(await run.exited).toMatchObject({ code: 2 });
    expect(run.stderr()).toContain('got "json", want import, provision or configmap');
  });
});
