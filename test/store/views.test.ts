import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import type { EventFacts, PastResult } from "../../src/core/history.ts";
import { after, seconds, type Timestamp } from "../../src/core/units.ts";
import type { Report } from "../../src/report/document.ts";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

type Row = Readonly<Record<string, unknown>>;

/** Runs a query on a store that an exporter may be using, as the sqlite3 program with -readonly does. */
function query(path: string, sql: string): readonly Row[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

/** The published queries of health monitors whose users come to the exporter, unchanged. */
const QUERIES = {
  responseTimes: `
SELECT service_name, 
       AVG(response_time) as avg_response_time,
       MAX(response_time) as max_response_time,
       COUNT(*) as checks_count
FROM health_checks 
WHERE timestamp > datetime('now', '-24 hours')
GROUP BY service_name
ORDER BY avg_response_time DESC;`,
  uptime: `
SELECT service_name,
       COUNT(*) as total_checks,
       SUM(CASE WHEN status = 'healthy' THEN 1 ELSE 0 END) as healthy_checks,
       ROUND(SUM(CASE WHEN status = 'healthy' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) as uptime_percentage
FROM health_checks 
WHERE timestamp > datetime('now', '-7 days')
GROUP BY service_name
ORDER BY uptime_percentage ASC;`,
  alerts: `
SELECT service_name, alert_type, severity, message, triggered_at
FROM alerts 
WHERE triggered_at > datetime('now', '-24 hours')
ORDER BY triggered_at DESC;`,
  overall: `
SELECT 
  ROUND(AVG(CASE WHEN current_status = 'healthy' THEN 100.0 ELSE 0.0 END), 2) as overall_health_percentage,
  COUNT(*) as total_services,
  SUM(CASE WHEN current_status = 'healthy' THEN 1 ELSE 0 END) as healthy_services
FROM service_status;`,
  critical: `
SELECT 
  service_name,
  uptime_percentage,
  consecutive_failures,
  last_healthy
FROM service_status 
WHERE service_name IN ('interpreter', 'orchestrator', 'doc_store', 'prompt_store', 'analysis_service', 'llm_gateway')
ORDER BY uptime_percentage ASC;`,
  machines: "SELECT id, name, status, datetime(last_seen, 'localtime') FROM machines;",
  notifications: "SELECT * FROM machine_offline_notifications;",
} as const;

/** SQLite's form of a time, in UTC. */
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

const sqlTime = (rfc3339: string): string => rfc3339.slice(0, 19).replace("T", " ");

describe("views of the store", () => {
  test("answer published queries as a running exporter does", async () => {
    await using server = await serveHttp((request, response) => {
      response.writeHead(request.url === "/good" ? 200 : 500).end();
    });
    await using folder = await temporaryFolder();
    const path = join(folder.path, "store.db");
    const yaml = `
modules: { http_2xx: { prober: http, timeout: 1s } }
targets:
  - { name: interpreter, module: http_2xx, target: "http://${server.host}/good", interval: 1s, schedule: interval, healthy_threshold: 1 }
  - { name: llm_gateway, module: http_2xx, target: "http://${server.host}/bad", interval: 1s, schedule: interval, failure_threshold: 1 }
heartbeats:
  - { name: production-server, kind: machine, timeout: 1s }
  - { name: backup, kind: job, timeout: 1h }
  - { name: silent, kind: job, timeout: 1h }
`;
    await using exporter = await startExporter({ yaml, args: [`--storage.path=${path}`] });
    for (const name of ["production-server", "backup"]) await exporter.get(`/ping/${name}`);
    const notices = await waitUntil("an offline machine in the store", async () => {
      const rows = query(path, QUERIES.notifications);
      return rows.length > 0 && query(path, QUERIES.alerts).length === 2 ? rows : undefined;
    });

    expect(notices).toEqual([{ machine_id: 1, notified_at: expect.stringMatching(TIME) }]);
    expect(query(path, QUERIES.overall)).toEqual([
      { overall_health_percentage: 50, total_services: 2, healthy_services: 1 },
    ]);
    expect(query(path, QUERIES.critical)).toEqual([
      {
        service_name: "llm_gateway",
        uptime_percentage: 0,
        consecutive_failures: expect.any(Number),
        last_healthy: null,
      },
      {
        service_name: "interpreter",
        uptime_percentage: 100,
        consecutive_failures: 0,
        last_healthy: expect.stringMatching(TIME),
      },
    ]);
    expect(query(path, QUERIES.responseTimes)).toMatchObject([
      { service_name: "interpreter", avg_response_time: expect.any(Number) },
      // Response times are those of successful probes.
      { service_name: "llm_gateway", avg_response_time: null, max_response_time: null },
    ]);
    expect(query(path, QUERIES.uptime)).toMatchObject([
      { service_name: "llm_gateway", healthy_checks: 0, uptime_percentage: 0 },
      { service_name: "interpreter", uptime_percentage: 100 },
    ]);
    const machines = query(path, QUERIES.machines).map(({ id, name, status }) => ({ id, name, status }));
    const shown: readonly Row[] = JSON.parse(await exporter.get("/machines"));
    expect(machines.toSorted((a, b) => Number(a.id) - Number(b.id))).toMatchObject(
      shown.map(({ id, name, status }) => ({ id, name, status })),
    );
    const { alerts }: Report = JSON.parse(await exporter.get("/api/v1/report"));
    expect(query(path, QUERIES.alerts)).toEqual(
      alerts.map(({ service_name, alert_type, severity, triggered_at }) => ({
        service_name,
        alert_type,
        severity,
        message: expect.any(String),
        triggered_at: sqlTime(triggered_at),
      })),
    );
    expect(
      query(path, "select message from alerts where service_name = 'llm_gateway'").map(
        ({ message }) => message,
      ),
    ).toEqual([expect.stringMatching(/^unhealthy, was unknown \(.*http_status/)]);
    await terminate(exporter);
  });

  const record = async (events: readonly EventFacts[], results: readonly PastResult[] = []) => {
    const folder = await temporaryFolder();
    const path = join(folder.path, "store.db");
    const { store } = await openTestStore(path);
    for (const event of events) store.history.record(event);
    for (const result of results) store.history.append(result);
    store.memory.namespace("statuses").put("target/gpt", "healthy");
    store.memory
      .namespace("failover")
      .put('false ["gpt","chat","http://x",null,null]', { health: "healthy", consecutiveFailures: 0 });
    store.memory.namespace("failover").put("damaged", "text");
    store.memory
      .namespace("heartbeats")
      .put("prod", { id: 1, registered: true, facts: { hostname: "p1" }, state: { status: "online" } });
    await store.close();
    return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  };

  const now = systemClock.now();
  const ago = (length: number): Timestamp => after(now, seconds(-length));

  test("end each alert with the change that ended it", async () => {
    const change = (kind: EventFacts["kind"], length: number, to: string, subject = "gpt", cause = "x") =>
      ({ kind, at: ago(length), subject, to, cause }) satisfies EventFacts;
    await using recorded = await record([
      change("health", 900, "unhealthy"),
      change("mode", 890, "fallback"),
      { kind: "overdue", at: ago(880), subject: "gpt" },
      change("health", 870, "unhealthy", "other"),
      change("health", 860, "healthy"),
      change("mode", 850, "primary"),
      { ...change("heartbeat", 800, "down", "prod"), source: "push" },
      { ...change("heartbeat", 790, "up", "prod"), source: "log" },
      change("component", 700, "unhealthy", "sync"),
      change("component", 690, "unknown", "sync", "silent"),
      change("component", 680, "healthy", "sync"),
      change("group", 600, "Unhealthy", "all"),
    ]);
    const { path } = recorded;
    const rows = query(path, "select service_name, alert_type, triggered_at, resolved_at from alerts");
    const passed = (text: unknown) =>
      typeof text === "string" ? Math.round((now - Date.parse(`${text}Z`) / 1000) / 10) * 10 : text;
    expect(
      rows
        .map((row) => [
          row["service_name"],
          row["alert_type"],
          passed(row["triggered_at"]),
          passed(row["resolved_at"]),
        ])
        .toSorted((a, b) => Number(b[2]) - Number(a[2])),
    ).toEqual([
      ["gpt", "service_down", 900, 860],
      ["gpt", "failover", 890, 850],
      ["gpt", "fallback_overdue", 880, 850],
      ["other", "service_down", 870, null],
      ["prod", "heartbeat_down", 800, null],
      ["sync", "component_unhealthy", 700, 690],
      ["sync", "component_silent", 690, 680],
      ["all", "group_unhealthy", 600, null],
    ]);
  });

  test("say unknown when no exporter has written for a minute", async () => {
    await using recorded = await record([]);
    const { path } = recorded;
    const statuses = () => [
      query(path, "select current_status from service_status").map((row) => row["current_status"]),
      query(path, "select status, hostname from machines").map((row) => ({ ...row })),
    ];
    expect(statuses()).toEqual([["healthy"], [{ status: "online", hostname: "p1" }]]);
    const db = new DatabaseSync(path);
    db.exec("update alive set at = at - 61000");
    db.close();
    expect(statuses()).toEqual([["unknown"], [{ status: "unknown", hostname: "p1" }]]);
  });

  test("are added to a store of the version before them, and refuse changes", async () => {
    await using recorded = await record(
      [],
      [{ target: "gpt", module: "chat", startedAt: ago(10), duration: seconds(0.25) }],
    );
    const { path } = recorded;
    const db = new DatabaseSync(path);
    const names = db.prepare("select name from sqlite_master where type = 'view'").all();
    expect(names).toHaveLength(5);
    for (const { name } of names) db.exec(`drop view ${String(name)}`);
    db.exec("pragma user_version = 2");
    db.close();
    const { store } = await openTestStore(path);
    await store.close();
    expect(query(path, "select service_name, status, response_time, duration from health_checks")).toEqual([
      { service_name: "gpt", status: "healthy", response_time: 0.25, duration: 0.25 },
    ]);
    const writable = new DatabaseSync(path);
    expect(() =>
      writable.exec("DELETE FROM health_checks WHERE timestamp < datetime('now', '-7 days');"),
    ).toThrow("cannot modify health_checks because it is a view");
    writable.close();
  });
});
