import { describe, expect, test } from "vitest";
import type { EventFacts, History } from "../../src/core/history.ts";
import { after, seconds } from "../../src/core/units.ts";
import { buildReport, type ReportFacts } from "../../src/report/build.ts";
import { historyFacts, type ReportTarget } from "../../src/report/from-history.ts";
import type { BeatFacts } from "../../src/report/reporters.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";

const clock = manualClock();
const start = clock.now();
const at = (s: number) => after(start, seconds(s));
const WINDOW = { from: at(1000), to: at(2000) };
const OBJECTIVES = { availability: 0.9, p95: seconds(2), mttr: seconds(100) };

function history(): History {
  return createMemoryHistory({ ...clock, now: () => at(3000) }, seconds(86_400));
}

const health = (s: number, from: string, to: string, subject = "gpt"): EventFacts => ({
  kind: "health",
  at: at(s),
  subject,
  from,
  to,
});

async function reportOf(past: History, targets: readonly ReportTarget[] | undefined) {
  const facts = await historyFacts(past, WINDOW, targets);
  return buildReport({
    ...facts,
    components: [],
    source: "test",
    generatedAt: at(2000),
    window: WINDOW,
    objectives: OBJECTIVES,
  });
}

const GPT: ReportTarget = { name: "gpt", module: "chat", critical: true };

describe("a report from the history", () => {
  test("counts the probes of the window, and averages durations of successful ones", async () => {
    const past = history();
    const result = { target: "gpt", module: "chat" };
    past.append({ ...result, startedAt: at(999), duration: seconds(99), reason: "timeout" });
    for (let i = 0; i < 19; i += 1) past.append({ ...result, startedAt: at(1000 + i), duration: seconds(1) });
    past.append({ ...result, startedAt: at(1500), duration: seconds(50), reason: "timeout" });
    past.append({ ...result, startedAt: at(1990), duration: seconds(3) });
    const report = await reportOf(past, [GPT]);
    expect(report.services[0]).toMatchObject({
      uptime_percentage: (20 * 100) / 21,
      last_healthy: "2025-09-15T14:03:10Z",
    });
    expect(report.response_times[0]).toMatchObject({
      checks_count: 21,
      avg_response_time: 22 / 20,
      p95_response_time: 1,
      max_response_time: 3,
    });
    expect(report.slos.map(({ metric, met }) => [metric, met])).toEqual([
      ["availability", true],
      ["response_time", true],
      ["mttr", null],
    ]);
  });

  test.each<[string, readonly EventFacts[], number | null, boolean | null]>([
    ["no outage", [], null, null],
    ["one outage", [health(1100, "healthy", "unhealthy"), health(1150, "unhealthy", "healthy")], 50, true],
    [
      "two outages",
      [
        health(1100, "healthy", "unhealthy"),
        health(1150, "unhealthy", "healthy"),
        health(1200, "healthy", "unhealthy"),
        health(1450, "unhealthy", "healthy"),
      ],
      150,
      false,
    ],
    [
      "an outage that began before the window",
      [health(900, "healthy", "unhealthy"), health(1050, "unhealthy", "healthy")],
      150,
      false,
    ],
    ["an outage whose beginning is not recorded", [health(1030, "unhealthy", "healthy")], 30, true],
    ["an ongoing outage within the objective", [health(1950, "healthy", "unhealthy")], null, null],
    ["an ongoing outage beyond the objective", [health(1700, "healthy", "unhealthy")], 300, false],
    ["an ongoing outage since before the window", [health(100, "unknown", "unhealthy")], 1900, false],
    [
      "an outage of another target",
      [health(1100, "healthy", "unhealthy", "other"), health(1150, "unhealthy", "healthy", "other")],
      null,
      null,
    ],
  ])("measures the recovery from %s", async (_title, events, measured, met) => {
    const past = history();
    for (const event of events) past.record(event);
    const { slos } = await reportOf(past, [GPT]);
    expect(slos.find(({ metric }) => metric === "mttr")).toMatchObject({ measured, met });
  });

  test("takes the status from a running exporter, else the last known one unless it is stale", async () => {
    const past = history();
    past.record(health(1100, "unknown", "healthy"));
    for (const s of [1110, 1120, 1130])
      past.append({
        target: "gpt",
        module: "chat",
        startedAt: at(s),
        duration: seconds(1),
        reason: "timeout",
      });
    const now = { status: "degraded" as const, consecutiveFailures: 7, lastProbe: at(1999) };
    expect((await reportOf(past, [{ ...GPT, now }])).services[0]).toMatchObject({
      current_status: "degraded",
      consecutive_failures: 7,
    });
    expect((await reportOf(past, [GPT])).services[0]).toMatchObject({
      current_status: "unknown",
      consecutive_failures: 3,
      last_healthy: null,
    });
    past.append({ target: "gpt", module: "chat", startedAt: at(1990), duration: seconds(1) });
    expect((await reportOf(past, [GPT])).services[0]).toMatchObject({
      current_status: "healthy",
      consecutive_failures: 0,
    });
    expect((await reportOf(past, [{ ...GPT, interval: seconds(1) }])).services[0]).toMatchObject({
      current_status: "healthy",
    });
  });

  test("covers all targets with results if there is no configuration", async () => {
    const past = history();
    past.append({ target: "old", module: "http_2xx", startedAt: at(1200), duration: seconds(1) });
    expect((await reportOf(past, undefined)).services.map(({ service_name }) => service_name)).toEqual([
      "old",
    ]);
  });

  test("includes a target without results as unknown", async () => {
    const report = await reportOf(history(), [GPT]);
    expect(report.services[0]).toMatchObject({ current_status: "unknown", uptime_percentage: null });
    expect(report.summary).toMatchObject({
      total_services: 1,
      healthy_services: 0,
      unknown_services: 1,
      health_percentage: 0,
    });
    expect(report.notes).toContain("the history has no result in this window");
  });

  test("turns each change for the worse into an alert, resolved by the change that ended it", async () => {
    const past = history();
    const mode = (s: number, from: string, to: string): EventFacts => ({
      kind: "mode",
      at: at(s),
      subject: "gpt",
      from,
      to,
      cause: "threshold",
    });
    const beat = (s: number, source: "push" | "log", to: string): EventFacts => ({
      kind: "heartbeat",
      at: at(s),
      subject: "prod",
      source,
      to,
    });
    const component = (s: number, from: string, to: string, cause: string): EventFacts => ({
      kind: "component",
      at: at(s),
      subject: "sync",
      from,
      to,
      cause,
    });
    for (const event of [
      health(1010, "unknown", "unhealthy"),
      mode(1010, "primary", "fallback"),
      { kind: "overdue", at: at(1020), subject: "gpt" },
      beat(1030, "push", "down"),
      beat(1040, "log", "up"),
      health(1050, "unhealthy", "healthy"),
      mode(1050, "fallback", "primary"),
      { kind: "forced", at: at(1060), subject: "gpt", to: "fallback" },
      health(1070, "healthy", "unhealthy", "other"),
      component(1080, "healthy", "unhealthy", "reported"),
      component(1090, "unhealthy", "degraded", "reported"),
      component(1100, "degraded", "unknown", "silent"),
      component(1110, "unknown", "healthy", "reported"),
      component(1120, "healthy", "unknown", "reported"),
    ] as const)
      past.record(event);
    const { alerts } = await reportOf(past, [GPT, { name: "other", module: "chat", critical: false }]);
    const times = (one: (typeof alerts)[number]) => [
      one.triggered_at.slice(14, 19),
      one.resolved_at?.slice(14, 19),
    ];
    const seen = alerts.map((one) => [one.alert_type, one.service_name, ...times(one)]);
    expect(seen.toSorted((one, other) => String(one[0]).localeCompare(String(other[0])))).toEqual([
      ["component_silent", "sync", "48:20", "48:30"],
      ["component_unhealthy", "sync", "48:00", "48:10"],
      ["critical_service_down", "gpt", "46:50", "47:30"],
      ["failover", "gpt", "46:50", "47:30"],
      ["fallback_overdue", "gpt", "47:00", "47:30"],
      ["heartbeat_down", "prod", "47:10", undefined],
      ["service_down", "other", "47:50", undefined],
    ]);
  });
});

const countsOf = (total: number, healthy: number, unhealthy: number, health: number | null) => ({
  total,
  healthy,
  unhealthy,
  unknown: total - healthy - unhealthy,
  critical_unhealthy: 0,
  health_percentage: health,
});

describe("heartbeats of a report from the history", () => {
  const beat = (more: Partial<BeatFacts> = {}): BeatFacts => ({
    name: "prod",
    source: "push",
    kind: "machine",
    critical: true,
    status: "healthy",
    lastSeen: at(1999),
    timeout: seconds(120),
    ...more,
  });
  const change = (s: number, to: "up" | "down", subject = "prod"): EventFacts => ({
    kind: "heartbeat",
    at: at(s),
    subject,
    source: "push",
    from: to === "up" ? "down" : "up",
    to,
  });

  test.each<[string, readonly EventFacts[], Partial<BeatFacts>, number | null, number | null]>([
    ["always up", [], {}, 100, 0],
    ["down for a quarter", [change(1250, "down"), change(1500, "up")], {}, 75, 1],
    ["down since", [change(1900, "down")], { status: "unhealthy" }, 90, 1],
    ["down before the window and up in it", [change(1100, "up")], {}, 90, 1],
    ["down all the time", [], { status: "unhealthy" }, 0, 1],
    [
      "twice down",
      [change(1100, "down"), change(1200, "up"), change(1300, "down"), change(1400, "up")],
      {},
      80,
      2,
    ],
    ["another one down", [change(1100, "down", "other")], {}, 100, 0],
    ["never seen", [], { status: "unknown", lastSeen: undefined as never }, null, 0],
    ["a log, whose past is not recorded", [], { source: "log" }, null, null],
  ])("%s", async (_title, events, more, uptime, outages) => {
    const past = history();
    for (const event of events) past.record(event);
    const facts = await historyFacts(past, WINDOW, [], [beat(more)]);
    const report = buildReport({
      ...facts,
      components: [],
      source: "test",
      generatedAt: at(2000),
      window: WINDOW,
      objectives: OBJECTIVES,
    });
    const [shown] = report.heartbeats;
    expect(shown?.uptime_percentage === null ? null : Math.round(shown?.uptime_percentage ?? -1)).toBe(
      uptime,
    );
    expect(shown?.outages).toBe(outages);
  });

  test("count once in all: a log is a service as well", async () => {
    const facts = await historyFacts(
      history(),
      WINDOW,
      [GPT],
      [beat({ status: "unhealthy" }), beat({ source: "log" })],
    );
    const component = { name: "queue", critical: false, status: "degraded" } as const;
    const { summary } = buildReport({
      ...facts,
      components: [component],
      source: "test",
      generatedAt: at(2000),
      window: WINDOW,
      objectives: OBJECTIVES,
    });
    expect(summary).toMatchObject({
      total_services: 1,
      critical_unhealthy: 0,
      heartbeats: { total: 2, healthy: 1, unhealthy: 1, critical_unhealthy: 1, health_percentage: 50 },
      components: { total: 1, healthy: 1 },
      all: { total: 3, healthy: 1, unhealthy: 1, unknown: 1, critical_unhealthy: 1, health_percentage: 33.3 },
    });
  });
});

describe("the summary", () => {
  const service = (status: ReportFacts["services"][number]["status"], critical = false) => ({
    name: "x",
    module: "m",
    critical,
    status,
    consecutiveFailures: 0,
    probes: 0,
    successes: 0,
    outages: [],
  });

  test("counts services by status, and never rounds the percentage up to 100", () => {
    const services = [...Array.from({ length: 16 }, () => service("healthy")), service("unhealthy")];
    const facts = {
      source: "",
      generatedAt: at(0),
      window: WINDOW,
      alerts: [],
      heartbeats: [],
      components: [],
      objectives: OBJECTIVES,
      notes: [],
    };
    const none = countsOf(0, 0, 0, null);
    expect(buildReport({ ...facts, services }).summary).toEqual({
      total_services: 17,
      healthy_services: 16,
      unhealthy_services: 1,
      unknown_services: 0,
      critical_unhealthy: 0,
      health_percentage: 94.1,
      heartbeats: none,
      components: none,
      all: countsOf(17, 16, 1, 94.1),
    });
    const many = [...Array.from({ length: 9999 }, () => service("healthy")), service("unhealthy", true)];
    expect(buildReport({ ...facts, services: many }).summary).toMatchObject({
      critical_unhealthy: 1,
      health_percentage: 99.9,
    });
  });
});
