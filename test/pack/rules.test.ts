import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { metrics } from "../../src/catalogue/index.ts";
import { FAILURE_REASONS } from "../../src/core/reasons.ts";
import type { Skip } from "../../src/core/result.ts";
import { MODES, TARGET_STATUSES } from "../../src/core/status.ts";
import { seconds } from "../../src/core/units.ts";
import { startExporter } from "../helpers/exporter.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { runTool } from "../helpers/tools.ts";
import { metricsOf, readsOf } from "./promql.ts";
import { alerts, alertTests, allRules, pages, ruleFiles, runbookOf, testFiles } from "./rules.ts";

const VERSIONS = ["bookworm", "newest"] as const;
const named = (files: readonly string[]) => files.map((file) => ({ name: basename(file), file }));

describe.each(VERSIONS)("promtool, %s", (version) => {
  it("takes the rules", async () => {
    const { code, stderr } = await runTool("promtool", version, ["check", "rules", ...ruleFiles]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it.each(named(testFiles))("finds $name to be true", async ({ file }) => {
    const { code, stdout, stderr } = await runTool("promtool", version, ["test", "rules", file], {
      deadline: seconds(200),
    });
    expect({ code, said: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, said: "" });
  });
});

describe.each(VERSIONS)("a real Prometheus, %s", (version) => {
  it("evaluates all rules on what a real exporter shows, and tells of what is down", async () => {
    await using exporter = await startExporter({
      yaml: `
modules: { page: { prober: http, timeout: 1s } }
targets:
  - { name: nobody, module: page, target: "http://127.0.0.1:1", interval: 1s, schedule: interval, critical: true, labels: { team: web } }
`,
    });
    await using prometheus = await startPrometheus({
      version,
      config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [rules/*.rules.yml]
scrape_configs:
  - job_name: heartbeat
    static_configs: [{ targets: ["${new URL(exporter.url).host}"] }]
`,
      files: Object.fromEntries(
        ruleFiles.map((file) => [
          `rules/${basename(file)}`,
          readFileSync(file, "utf8").replace("interval: 3m", "interval: 1s"),
        ]),
      ),
    });
    const [alert] = await prometheus.queryUntil(
      'ALERTS{alertname="HeartbeatCriticalTargetDown",alertstate="firing"}',
    );
    expect(alert?.metric).toMatchObject({
      target: "nobody",
      team: "web",
      critical: "true",
      severity: "critical",
    });
    await prometheus.queryUntil("target:probe_duration_seconds:upper1d or target:probe_error:ratio3d");
    const { groups } = (await prometheus.api("rules")) as {
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(allRules.length);
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    expect(prometheus.warnings()).toEqual([]);
  });
});

/** Alerts that need not outlive the exporter, and why. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  HeartbeatMissed: "looks back by itself",
  HeartbeatExporterAbsent: "is about the exporter's absence",
  HeartbeatRulesIncomplete: "is about the rules",
};

describe.each(alerts)("$alert", ({ alert, expr, labels, annotations, keep_firing_for }) => {
  it("has a unit test in which it fires, and one in which it does not", () => {
    const tests = alertTests.filter(({ alertname }) => alertname === alert);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    // What always fires is never silent.
    if (expr !== "vector(1)") expect(tests.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  it("says what people need to know", () => {
    expect(alert).toMatch(/^Heartbeat[A-Z]\w+$/);
    expect(labels?.["severity"]).toMatch(/^(critical|warning|info|none)$/);
    expect(Object.values(labels ?? {}).join()).not.toContain("$value");
    expect(annotations).toMatchObject({
      summary: expect.stringMatching(/^[A-Z][^{}]+\.$/),
      description: expect.stringMatching(/\.$/),
      runbook_url: expect.stringMatching(new RegExp(`^https://.+/docs/runbooks/${alert}\\.md$`)),
      dashboard: expect.stringMatching(/^\/d\/heartbeat-[a-z]+(\?var-\w+=\{\{ \$labels\.\w+ \}\})?$/),
    });
  });

  it("has a page that tells what to do", () => {
    const page = runbookOf(alert) ?? "";
    expect(page.startsWith(`# ${alert}\n`)).toBe(true);
    const parts = page.split(/^## /m);
    expect(parts.slice(1).map((part) => part.split("\n")[0])).toEqual([
      "Meaning",
      "Impact",
      "Diagnosis",
      "Mitigation",
    ]);
    for (const part of parts.slice(1)) expect(part.trim().length).toBeGreaterThan(40);
  });

  it("does not end because the exporter does, if it wakes somebody", () => {
    if (labels?.["severity"] !== "critical") return;
    expect(keep_firing_for ?? NOT_KEPT[alert]).toBeDefined();
  });
});

it("every page is about an alert", () => {
  const known = alerts.map(({ alert }) => alert);
  expect(pages().toSorted()).toEqual(known.toSorted());
});

it("every alert has a name of its own, and every unit test speaks of one", () => {
  const names = alerts.map(({ alert }) => alert);
  expect(new Set(names).size).toBe(names.length);
  const unknown = alertTests.filter(({ alertname }) => !names.includes(alertname));
  expect(unknown.filter(({ alertname }) => !alertname.startsWith("Kubernaut"))).toEqual([]);
});

describe("what rules read", () => {
  /** Labels that Prometheus and configurations put on series, or rules make up. */
  const FOREIGN_LABELS = [
    "job",
    "instance",
    "cluster",
    "le",
    "__name__",
    "team",
    "owner",
    "critical",
    "kind",
    "hostname",
    "target",
    "module",
  ];
  /** Prometheus', Alertmanager's and prom-client's own. */
  const foreign = (name: string): boolean =>
    /^(up|ALERTS|(process|nodejs|scrape|alertmanager)_\w+)$/.test(name);
  const suffixes = ["_bucket", "_sum", "_count"];
  const labelsOf = new Map<string, readonly string[]>(
    metrics.flatMap(({ name, type, labels }) =>
      (type === "histogram" ? suffixes.map((suffix) => name + suffix) : [name]).map(
        (full) => [full, labels] as const,
      ),
    ),
  );
  const recorded = new Set(allRules.flatMap(({ record }) => record ?? []));
  const expressions = allRules.map(({ alert, record, expr }) => ({ rule: alert ?? record ?? "", expr }));

  it.each(expressions)("$rule: metrics and labels that there are", ({ expr }) => {
    const { selectors, groupings } = readsOf(expr);
    const labels = new Set(FOREIGN_LABELS);
    for (const selector of selectors) {
      const names = metricsOf(selector, labelsOf.keys());
      expect(names).not.toEqual([]);
      for (const name of names) {
        if (!foreign(name) && !recorded.has(name)) expect([...labelsOf.keys()]).toContain(name);
        const own = [
          ...FOREIGN_LABELS,
          ...(labelsOf.get(name) ?? []),
          ...(recorded.has(name) ? ["source"] : []),
        ];
        for (const label of own) labels.add(label);
        for (const { label } of selector.matchers) expect(own).toContain(label);
      }
    }
    // A label that no operand has groups nothing.
    for (const label of groupings) expect([...labels]).toContain(label);
  });

  it.each(pages())("the page of %s asks for metrics that there are", (name) => {
    const [, queries = ""] = /^```promql\n(.*?)^```/ms.exec(runbookOf(name) ?? "") ?? [];
    for (const query of queries.split("\n").filter((line) => line !== "")) {
      const names = readsOf(query).selectors.flatMap((selector) => metricsOf(selector, labelsOf.keys()));
      expect(names).not.toEqual([]);
      expect(names.filter((one) => !labelsOf.has(one) && !recorded.has(one) && !foreign(one))).toEqual([]);
    }
  });

  const VALUES: Readonly<Record<string, readonly string[]>> = {
    probe_failure_reason: FAILURE_REASONS,
    heartbeat_failures_total: FAILURE_REASONS,
    probe_skipped: ["budget_exhausted", "not_leader"] satisfies Skip["reason"][],
    heartbeat_target_status: TARGET_STATUSES,
    heartbeat_group_status: TARGET_STATUSES,
    heartbeat_current_mode: MODES,
    heartbeat_health_checks_total: ["success", "failure"],
  };

  it("are values that there are", () => {
    const wrong = expressions.flatMap(({ expr }) =>
      readsOf(expr).selectors.flatMap(({ metric = "", matchers }) =>
        matchers
          .filter(({ label }) => ["reason", "status", "mode"].includes(label))
          .flatMap(({ value }) => value.split("|"))
          .filter((value) => VALUES[metric]?.includes(value) === false),
      ),
    );
    expect(wrong).toEqual([]);
  });
});
