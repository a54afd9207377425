import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { allMetrics } from "../../src/catalogue/index.ts";
import { DEGRADED_REASONS, FAILURE_REASONS } from "../../src/core/reasons.ts";
import type { Skip } from "../../src/core/result.ts";
import { MODES, TARGET_STATUSES } from "../../src/core/status.ts";
import { probers } from "../../src/probers/index.ts";
import { startExporter } from "../helpers/exporter.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { runTool } from "../helpers/tools.ts";
import { metricsOf, readsOf } from "./promql.ts";
import { failureOfRuleTests, quickTestFiles } from "./rule-tests.ts";
import { alerts, alertTests, allRules, pages, queriesIn, ruleFiles, runbookOf } from "./rules.ts";

const metrics = allMetrics(probers);

const VERSIONS = ["bookworm", "newest"] as const;
const named = (files: readonly string[]) => files.map((file) => ({ name: basename(file), file }));

describe.each(VERSIONS)("promtool, %s", (version) => {
  it("accepts the rules", async () => {
    const { code, stderr } = await runTool("promtool", version, ["check", "rules", ...ruleFiles]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  // The slow ones are in test/long.
  it.each(named(quickTestFiles))("passes the unit tests in $name", async ({ file }) => {
    expect(await failureOfRuleTests(file, version)).toBeUndefined();
  });
});

describe.each(VERSIONS)("a real Prometheus, %s", (version) => {
  it("evaluates all rules on a real exporter without errors, and fires for a target that is down", async () => {
    await using exporter = await startExporter({
      yaml: `
modules: { page: { prober: http, timeout: 1s } }
targets:
  - { name: closed, module: page, target: "http://127.0.0.1:1", interval: 1s, schedule: interval, critical: true, labels: { team: web } }
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
      target: "closed",
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

/** Critical alerts without `keep_firing_for`, with the reason. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  HeartbeatMissed: "uses last_over_time",
  HeartbeatFailed: "uses last_over_time",
  HeartbeatExporterAbsent: "is about the exporter's absence",
  HeartbeatRulesIncomplete: "is about the rules",
};

describe.each(alerts)("$alert", ({ alert, expr, labels, annotations, keep_firing_for }) => {
  it("has a unit test in which it fires, and one in which it does not", () => {
    const tests = alertTests.filter(({ alertname }) => alertname === alert);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    // The watchdog always fires.
    if (expr !== "vector(1)") expect(tests.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  it("has a name, severity and annotations in the agreed form", () => {
    expect(alert).toMatch(/^Heartbeat[A-Z]\w+$/);
    expect(labels?.["severity"]).toMatch(/^(critical|warning|info|none)$/);
    expect(Object.values(labels ?? {}).join()).not.toContain("$value");
    expect(annotations).toMatchObject({
      summary: expect.stringMatching(/^[A-Z][^{}]+\.$/),
      description: expect.stringMatching(/\.(\{\{ end \}\})?$/),
      runbook_url: `{{ range query "topk(1, instance:heartbeat_exporter_url:known)" }}{{ .Labels.url }}{{ end }}/runbooks/${alert}`,
      dashboard: expect.stringMatching(/^\/d\/heartbeat-[a-z]+(\?var-\w+=\{\{ \$labels\.\w+ \}\})?$/),
    });
  });

  it("has a runbook with the four sections", () => {
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

  it("keeps firing when the exporter vanishes, if it is critical", () => {
    if (labels?.["severity"] !== "critical") return;
    expect(keep_firing_for ?? NOT_KEPT[alert]).toBeDefined();
  });
});

it("every runbook is for an alert", () => {
  const known = alerts.map(({ alert }) => alert);
  expect(pages().toSorted()).toEqual(known.toSorted());
});

it("every alert has a unique name, and every unit test is for an alert", () => {
  const names = alerts.map(({ alert }) => alert);
  expect(new Set(names).size).toBe(names.length);
  const unknown = alertTests.filter(({ alertname }) => !names.includes(alertname));
  expect(unknown.filter(({ alertname }) => !alertname.startsWith("Kubernaut"))).toEqual([]);
});

// Exporters in two namespaces have the same job, the name of their Service, where the Prometheus operator scrapes them.
it("no rule takes exporters of several namespaces or clusters for one", () => {
  const lists = allRules.flatMap(({ expr, alert, record }) =>
    [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].map(([, list = ""]) => ({
      rule: alert ?? record,
      labels: list.split(",").map((label) => label.trim()),
    })),
  );
  const wrong = lists.filter(
    ({ labels }) =>
      labels.includes("job") &&
      !labels.includes("instance") &&
      !(labels.includes("namespace") && labels.includes("cluster")),
  );
  expect(lists.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});

describe("the metrics and labels read by rules", () => {
  /** Labels added by Prometheus, by the configuration or by rules. */
  const FOREIGN_LABELS = [
    "job",
    "instance",
    "cluster",
    "namespace",
    "le",
    "__name__",
    "team",
    "owner",
    "critical",
    "kind",
    "hostname",
    "host",
    "group",
    "target",
    "module",
  ];
  /** Metrics of Prometheus, Alertmanager and prom-client. */
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
  const expressions = allRules.flatMap((rule) =>
    [rule.expr, ...queriesIn(rule)].map((expr) => ({ rule: rule.alert ?? rule.record ?? "", expr })),
  );

  it.each(expressions)("exist, in $rule", ({ expr }) => {
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
          ...(name === "ALERTS" ? ["alertname", "alertstate"] : []),
          ...(name === "heartbeat_dependency_down" ? ["heartbeat", "source"] : []),
          ...(recorded.has(name) ? ["source", "reason"] : []),
        ];
        for (const label of own) labels.add(label);
        for (const { label } of selector.matchers) expect(own).toContain(label);
      }
    }
    // Grouping by a label that no operand has would have no effect.
    for (const label of groupings) expect([...labels]).toContain(label);
  });

  it.each(pages())("exist, in the runbook of %s", (name) => {
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
    heartbeat_component_status: TARGET_STATUSES,
    probe_degraded_reason: DEGRADED_REASONS,
    heartbeat_current_mode: MODES,
    heartbeat_health_checks_total: ["success", "failure"],
  };

  it("are compared with existing values only", () => {
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
