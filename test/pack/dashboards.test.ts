import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { metricNamed } from "../../dashboards/source/known-metrics.ts";
import { RUNBOOKS } from "../../dashboards/source/links.ts";
import { allMetrics } from "../../src/catalogue/index.ts";
import { probers } from "../../src/probers/index.ts";
import { readsOf } from "./promql.ts";
import { type DashboardJson, everyQuery, panelsOf, readDashboards } from "./queries.ts";
import { rangesOf } from "./ranges.ts";
import { alerts } from "./rules.ts";

const metrics = allMetrics(probers);

const repository = fileURLToPath(new URL("../..", import.meta.url));
const dashboards = readDashboards();
const texts = new Map(
  [...dashboards.keys()].map((name) => [
    name,
    readFileSync(join(repository, `dashboards/${name}.json`), "utf8"),
  ]),
);

const COUNTERS = new Set([
  ...metrics.filter(({ type }) => type === "counter").map(({ name }) => name),
  "process_cpu_seconds_total",
]);
const COUNTER_FUNCTIONS = new Set(["rate", "increase", "irate", "changes", "resets", "delta"]);

/** Labels that Prometheus and its operator add, the upper bound of a histogram bucket, and the target of a heartbeat in a log or lease. */
const ADDED = ["job", "instance", "namespace", "le", "target"];

/** Returns the labels that an expression sets. */
const labelsSetIn = (expr: string): readonly string[] =>
  [...expr.matchAll(/"(\w+)", "[^"]*", "\w*", "[^"]*"\)/g)].map(([, label = ""]) => label);

describe.each([...dashboards])("the dashboard %s", (name, dashboard) => {
  const panels = panelsOf(dashboard);
  const queries = everyQuery(name, dashboard);

  test("has the required properties", () => {
    expect(dashboard.uid).toMatch(/^heartbeat-[a-z-]{2,30}$/);
    expect(dashboard.title).toMatch(/^Heartbeat \/ ./);
    expect(dashboard.description).toMatch(/\.$/);
    expect(dashboard.editable).toBe(false);
    expect(dashboard.tags).toEqual(["heartbeat-exporter"]);
    expect(dashboard.links).toMatchObject([
      { type: "dashboards", tags: ["heartbeat-exporter"], includeVars: true, keepTime: true },
    ]);
    expect(texts.get(name)).not.toContain("__inputs");
    expect(texts.get(name)).not.toContain('placement": "inControlsMenu');
  });

  test("uses only the selected data source", () => {
    for (const [, uid] of (texts.get(name) ?? "").matchAll(/"uid": "([^"]*)"/g)) {
      expect([`\${datasource}`, dashboard.uid]).toContain(uid);
    }
  });

  test("has further variables whose All includes series without the label, such as those of /probe", () => {
    const [, , , exporter, ...choices] = dashboard.templating.list;
    expect(exporter).toMatchObject({
      name: "exporter",
      hide: 2,
      query: { query: "label_values(heartbeat_exporter_url_info, url)" },
    });
    for (const { multi, includeAll, allValue } of choices) {
      expect({ multi, includeAll, allValue }).toEqual({ multi: true, includeAll: true, allValue: ".*" });
    }
  });

  test("has legends, and titles that occur once", () => {
    expect(panels.length).toBeGreaterThan(5);
    for (const { title, targets = [] } of panels) {
      for (const { legendFormat, instant = false, range = false } of targets) {
        expect({ title, legendFormat }).not.toEqual({ title, legendFormat: "" });
        expect({ title, instant }).toEqual({ title, instant: !range });
      }
    }
    const titles = panels.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  test("lays out its panels without overlaps", () => {
    const ids = dashboard.panels.flatMap(({ id, panels: inner = [] }) => [
      id,
      ...inner.map((panel) => panel.id),
    ]);
    expect(ids).toEqual(ids.map((_, i) => i + 1));
    for (const row of rowsOf(dashboard)) {
      const covered = new Set<string>();
      for (const { gridPos, title } of row) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect({ title, overlaps: covered.has(`${x},${y}`) }).toEqual({ title, overlaps: false });
            covered.add(`${x},${y}`);
          }
        }
      }
    }
  });

  test.each(queries.map((query) => [query.place, query] as const))(
    "reads known metrics and labels, and counters only by their change: %s",
    (_place, { expr, kind, instant }) => {
      const { selectors, groupings } = readsOf(expr);
      const read = selectors.map(({ metric = "" }) => metric);
      const labels = [
        ...groupings,
        ...selectors.flatMap(({ matchers }) => matchers.map(({ label }) => label)),
      ];
      const known = new Set([
        ...ADDED,
        ...labelsSetIn(expr),
        ...read.flatMap((metric) => metricNamed(metric).labels),
      ]);
      expect(read).not.toEqual([]);
      expect(labels.filter((label) => !known.has(label))).toEqual([]);

      for (const { metric, matchers } of selectors) {
        // Aggregated alerts have no instance, and variables must not filter by themselves.
        const wanted = kind === "variable" || metric?.startsWith("ALERTS") ? [] : ["job", "instance"];
        const matched = matchers.map(({ label }) => label);
        expect({ metric, matched }).toEqual({ metric, matched: expect.arrayContaining(wanted) });
      }
      const ranges = rangesOf(expr);
      for (const { function: called, metric, range } of ranges) {
        expect(metric).not.toBe("");
        if (!["rate", "increase", "irate"].includes(called)) continue;
        // The selected range, or the last hour.
        expect({ metric, range }).toEqual({ metric, range: instant ? "1h" : "61s" });
      }
      for (const counter of read.filter((metric) => COUNTERS.has(metric) || metric.endsWith("_bucket"))) {
        if (kind === "variable") continue;
        const uses = read.filter((metric) => metric === counter).length;
        const changes = ranges.filter(
          ({ metric, function: called }) => metric === counter && COUNTER_FUNCTIONS.has(called),
        );
        expect({ counter, uses: changes.length }).toEqual({ counter, uses });
      }
    },
  );

  test("maps the values of state sets to texts", () => {
    for (const { title, targets = [], fieldConfig } of panels) {
      const overrides =
        fieldConfig?.overrides.flatMap(({ properties }) => properties.map(({ id }) => id)) ?? [];
      const mapped = (fieldConfig?.defaults.mappings?.length ?? 0) > 0 || overrides.includes("mappings");
      const isStateSet = targets.some(
        ({ expr }) =>
          /\d \* \([^)]*(?:status|mode|state)="\w+"\} == 1/.test(expr) && !expr.includes(" bool "),
      );
      expect({ title, shown: mapped || !isStateSet }).toEqual({ title, shown: true });
    }
  });
});

/** Returns the panels outside of rows, and those of each collapsed row. */
function rowsOf({
  panels,
}: DashboardJson): (readonly { gridPos: { x: number; y: number; w: number; h: number }; title: string }[])[] {
  return [panels.filter(({ type }) => type !== "row"), ...panels.map(({ panels: inner = [] }) => inner)];
}

describe("the dashboards", () => {
  test("are all listed here", () => {
    expect([...dashboards.keys()].toSorted()).toEqual([
      "exporter",
      "fleet",
      "groups",
      "heartbeat-log",
      "heartbeats",
      "http",
      "llm",
      "network",
      "notifications",
      "overview",
      "slo",
    ]);
  });

  test("have unique uids, and link to existing dashboards and to the runbooks", () => {
    const uids = [...dashboards.values()].map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(uids.length);
    for (const text of texts.values()) {
      for (const [, uid = ""] of text.matchAll(/\/d\/([a-z-]+)/g)) expect(uids).toContain(uid);
    }
    expect(texts.get("overview")).toContain(`${RUNBOOKS}/`);
  });

  test("are the ones that alerts link to, and both link to runbooks", () => {
    const uids = new Set([...dashboards.values()].map(({ uid }) => uid));
    expect(alerts.length).toBeGreaterThan(20);
    for (const { alert, annotations = {} } of alerts) {
      const uid = /^\/d\/([a-z-]+)/.exec(annotations["dashboard"] ?? "")?.[1];
      expect({ alert, dashboard: uids.has(uid ?? "") }).toEqual({ alert, dashboard: true });
      expect(annotations["runbook_url"]).toMatch(new RegExp(`/runbooks/${alert}$`));
      const page = existsSync(join(repository, `docs/runbooks/${alert}.md`));
      expect({ alert, page }).toEqual({ alert, page: true });
    }
  });

  test("put what the person on call asks first on one screen of 1600 x 1000 pixels", () => {
    const { panels = [] } = dashboards.get("overview") ?? {};
    const first = panels.slice(
      0,
      panels.findIndex(({ type }) => type === "row"),
    );
    expect(first.map(({ title }) => title).filter((title) => !/^(Exporter|Alerting)$/.test(title))).toEqual([
      "What is wrong",
      "Firing alerts",
      "Changed in the last hour",
      "Health",
      "Healthy",
      "Degraded",
      "Unknown",
      "Unhealthy",
      "Critical and unhealthy",
      "Heartbeats down",
      "Targets",
      "Heartbeats",
    ]);
    // A unit of height is 30 pixels and a margin of 8; the menus and variables of Grafana take about 140.
    const bottom = Math.max(...first.map(({ gridPos: { y, h } }) => y + h));
    expect(bottom * 38 + 140).toBeLessThanOrEqual(1000);
  });

  test("are described in docs/dashboards.md", () => {
    const page = readFileSync(join(repository, "docs/dashboards.md"), "utf8");
    for (const { uid } of dashboards.values()) expect(page).toContain(`\`${uid}\``);
  });
});
