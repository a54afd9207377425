import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textTable } from "../../src/cli/table.ts";
import type { Report, Service } from "../../src/report/document.ts";
import { reportHtml } from "../../src/report/html.ts";
import { reportMarkdown, reportText } from "../../src/report/text.ts";

const GOLDEN = join(import.meta.dirname, "../golden/report");

const service = (name: string, more: Partial<Service> = {}): Service => ({
  service_name: name,
  module: "http_2xx",
  critical: false,
  current_status: "healthy",
  last_healthy: "2025-09-18T10:30:00Z",
  consecutive_failures: 0,
  uptime_percentage: 99.8,
  last_updated: "2025-09-18T10:30:15Z",
  ...more,
});

const interpreter = service("interpreter", { critical: true, uptime_percentage: 99.99996 });
const gone = service("gone", {
  current_status: "unhealthy",
  last_healthy: null,
  consecutive_failures: 4,
  uptime_percentage: 0,
});

const REPORT: Report = {
  generated_at: "2025-09-18T10:30:20Z",
  source: "the history of the exporter",
  window: { from: "2025-09-11T10:30:20Z", to: "2025-09-18T10:30:20Z", seconds: 604_800 },
  summary: {
    total_services: 3,
    healthy_services: 1,
    unhealthy_services: 1,
    unknown_services: 1,
    critical_unhealthy: 0,
    health_percentage: 33.3,
    heartbeats: {
      total: 2,
      healthy: 1,
      unhealthy: 1,
      unknown: 0,
      critical_unhealthy: 1,
      health_percentage: 50,
    },
    components: {
      total: 1,
      healthy: 1,
      unhealthy: 0,
      unknown: 0,
      critical_unhealthy: 0,
      health_percentage: 100,
    },
    all: { total: 6, healthy: 3, unhealthy: 2, unknown: 1, critical_unhealthy: 1, health_percentage: 50 },
  },
  heartbeats: [
    {
      heartbeat_name: "production-server",
      source: "push",
      kind: "machine",
      hostname: "prod-01.example.com",
      owner: "web",
      critical: true,
      current_status: "unhealthy",
      last_seen: "2025-09-18T10:20:00Z",
      timeout_seconds: 120,
      next_expected: null,
      uptime_percentage: 99.99,
      outages: 1,
    },
    {
      heartbeat_name: "/var/log/app.log",
      source: "log",
      kind: "heartbeat_log",
      hostname: null,
      owner: null,
      critical: false,
      current_status: "healthy",
      last_seen: "2025-09-18T10:30:00Z",
      timeout_seconds: 90,
      next_expected: null,
      uptime_percentage: null,
      outages: null,
    },
  ],
  components: [
    {
      component_name: "queue",
      critical: false,
      group: "data",
      current_status: "degraded",
      message: "slow disk",
      last_report: "2025-09-18T10:30:10Z",
    },
  ],
  services: [
    interpreter,
    gone,
    service("new", { current_status: "unknown", uptime_percentage: null, last_updated: null }),
  ],
  response_times: [
    {
      service_name: "interpreter",
      module: "http_2xx",
      checks_count: 20_160,
      avg_response_time: 0.1234567,
      p95_response_time: 0.5,
      max_response_time: 12,
    },
    {
      service_name: "gone",
      module: "http_2xx",
      checks_count: 12,
      avg_response_time: null,
      p95_response_time: null,
      max_response_time: null,
    },
  ],
  alerts: [
    {
      service_name: "gone",
      alert_type: "service_down",
      severity: "critical",
      message: "unhealthy, was <b>healthy</b> | `x`",
      triggered_at: "2025-09-17T00:00:00Z",
      resolved_at: null,
    },
  ],
  slos: [
    {
      service_name: "interpreter",
      module: "http_2xx",
      metric: "availability",
      objective: 99.9,
      measured: 99.99996,
      met: true,
    },
    {
      service_name: "interpreter",
      module: "http_2xx",
      metric: "response_time",
      objective: 2,
      measured: 0.5,
      met: true,
    },
    {
      service_name: "interpreter",
      module: "http_2xx",
      metric: "mttr",
      objective: 1800,
      measured: null,
      met: null,
    },
    {
      service_name: "gone",
      module: "http_2xx",
      metric: "mttr",
      objective: 1800,
      measured: 5400.5,
      met: false,
    },
  ],
  critical_services: [interpreter],
  notes: ["a note"],
};

const EMPTY: Report = {
  ...REPORT,
  services: [],
  heartbeats: [],
  components: [],
  response_times: [],
  alerts: [],
  slos: [],
  critical_services: [],
};

describe("a rendered report", () => {
  test.each([
    ["report.txt", (report: Report) => reportText(report, textTable)],
    ["report.md", reportMarkdown],
    ["report.html", reportHtml],
  ])("matches %s", async (file, render) => {
    await expect(render(REPORT)).toMatchFileSnapshot(join(GOLDEN, file));
    expect(render(EMPTY)).toContain("no targets");
    expect(render(EMPTY)).toContain("no heartbeats");
    expect(render(EMPTY)).toContain("no components");
    expect(render(EMPTY)).toContain("none in this window");
  });

  test("paints words by their tone, and keeps the columns aligned", () => {
    const painted = reportText(REPORT, textTable, (tone, text) => `\u001b[1m${tone}:${text}\u001b[0m`);
    expect(painted).toMatch(/^production-server +.\[1mbad:unhealthy.\[0m +machine/m);
    expect(painted).toMatch(/^queue +.\[1munsure:degraded/m);
    const colours = reportText(REPORT, textTable, (_, text) => `\u001b[31m${text}\u001b[39m`);
    expect(stripVTControlCharacters(colours)).toBe(reportText(REPORT, textTable));
  });

  test("does not round one failure in millions up to 100 %", () => {
    expect(reportText(REPORT, textTable)).toMatch(/^interpreter +healthy +yes +99\.999 %/m);
  });

  test("escapes texts of targets in HTML and Markdown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const report = { ...REPORT, services: [service(text)], source: text, notes: [text] };
        const clean = { ...REPORT, services: [service("x")], source: "x", notes: ["x"] };
        const tags = (html: string): number => html.split(/[<>]/).length;
        expect(tags(reportHtml(report))).toBe(tags(reportHtml(clean)));
        const lines = (markdown: string): number => markdown.split("\n").length;
        expect(lines(reportMarkdown(report))).toBe(lines(reportMarkdown(clean)));
        const cells = (markdown: string): number => markdown.split(/(?<!\\)(?:\\\\)*\|/).length;
        expect(cells(reportMarkdown(report))).toBe(cells(reportMarkdown(clean)));
        expect(reportMarkdown(report).split("<").length).toBe(reportMarkdown(clean).split("<").length);
        expect(reportText(report, textTable)).not.toMatch(/[\p{Cc}\p{Cf}](?<!\n)/u);
      }),
    );
  });

  test("renders HTML without external resources and scripts", () => {
    const html = reportHtml(REPORT);
    expect(html).not.toMatch(/<script|<link|<img|https?:|url\(|@import/);
    expect(html).toContain("default-src 'none'");
  });
});
