import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { DETAILED_HEARTBEAT } from "../helpers/heartbeat-line.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { everyQuery, readDashboards } from "./queries.ts";
import { pages } from "./rules.ts";
import { scaledRules } from "./scaled-rules.ts";

const TOKEN = "control-token-of-the-test";

const exporterYaml = (web: string, logs: string): string => `
control: { token_file: token }
modules:
  web: { prober: http, timeout: 1s }
  log: { prober: heartbeat_log, timeout: 1s, heartbeat_log: { paths: ["${logs}"], timeout: 1h } }
targets:
  - { name: shop, module: web, target: "http://${web}/broken", interval: 1s, critical: true, labels: { team: sales } }
  - { name: cart, module: web, target: "http://${web}/broken", interval: 1s, depends_on: [shop], labels: { owner: alice } }
  - { name: moving, module: web, target: "http://${web}/broken", interval: 1s }
  - { name: slow, module: web, target: "http://${web}/", interval: 1s, expected_duration: 1ms }
  - { name: docs, module: web, target: "http://${web}/", interval: 1s, expected_duration: 1s }
  - { name: services, module: log, target: "${logs}/*.log", interval: 1s, labels: { team: data } }
heartbeats:
  - { name: nightly, kind: job, schedule: "0 3 * * *", grace: 1h, owner: data }
  - { name: silent, kind: machine, timeout: 1s, owner: web }
  - { name: failed, kind: job, timeout: 1h }
  - { name: never, kind: job, timeout: 1h }
  - { name: fine, kind: job, timeout: 1h }
maintenance: [{ name: move, targets: [moving], once: { from: 2020-01-01T00:00:00Z, to: 2099-01-01T00:00:00Z } }]
`;

const dashboards = readDashboards();

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** Returns a query of a dashboard: all of it, as a panel runs it. */
function queryOf(panel: string, refId = "A", name = "overview"): string {
  const found = everyQuery(name, dashboards.get(name) ?? never()).find(
    ({ place }) => place === `${name} / ${panel} / ${refId}`,
  );
  return (found ?? never()).whole.replaceAll("[61s]", "[10s]");
}

const never = (): never => {
  throw new Error("no such dashboard or panel");
};

describe("the overview", () => {
  let resources: AsyncDisposableStack;
  let exporter: ExporterProcess;
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    await using starting = new AsyncDisposableStack();
    const web = starting.use(
      await serveHttp((request, response) => {
        const answer = () => response.writeHead(request.url === "/broken" ? 503 : 200).end("{}");
        setTimeout(answer, 20);
      }),
    );
    const logs = starting.use(await temporaryFolder());
    const line = (timestamp: Date): string =>
      `${JSON.stringify({ ...DETAILED_HEARTBEAT, timestamp: timestamp.toISOString() })}\n`;
    await logs.write("alive.log", line(new Date()));
    await logs.write("silent.log", line(new Date("2026-01-01T00:00:00Z")));
    const yaml = exporterYaml(web.host, logs.path);
    exporter = starting.use(await startExporter({ yaml, files: { token: TOKEN } }));
    for (const ping of ["nightly", "silent", "failed/fail", "fine"]) await exporter.get(`/ping/${ping}`);
    await fetch(`${exporter.url}/api/v1/components/queue`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${TOKEN}` },
      body: '{"status":"unhealthy"}',
    });
    prometheus = starting.use(
      await startPrometheus({
        version: "bookworm",
        files: scaledRules(60),
        config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(exporter.url).host}"] }] }]
`,
      }),
    );
    await prometheus.queryUntil('count(heartbeat_target_status{status="unhealthy"} == 1) == 3');
    await prometheus.queryUntil('heartbeat_target_status{status="degraded", target="slow"} == 1');
    await prometheus.queryUntil('heartbeat_up{heartbeat="silent"} == 0');
    await prometheus.queryUntil('heartbeat_dependency_down{target="cart"} == 1');
    await prometheus.queryUntil('ALERTS{alertname="HeartbeatCriticalTargetDown", alertstate="firing"}');
    await prometheus.queryUntil('ALERTS{alertname="HeartbeatMissed", alertstate="firing"}');
    resources = starting.move();
  });
  afterAll(() => resources.disposeAsync());

  test("lists everything that is wrong, with the reason, whom it concerns and where to look", async () => {
    const rows = await prometheus.query(queryOf("What is wrong"));
    const found = rows.map(({ metric, value }) => [
      metric["name"],
      value,
      metric["reason"],
      metric["owner"],
      metric["note"],
      metric["kind"],
      metric["page"],
    ]);
    const none = undefined;
    expect(found.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1))).toEqual([
      ["cart", 4, "http_status", "alice", "waits for shop", "http", "heartbeat-http"],
      ["failed", 4, "reported a failure", none, none, "heartbeat push", "heartbeat-heartbeats"],
      ["moving", 3, "no recent result that counts", none, "in maintenance", "http", "heartbeat-http"],
      ["never", 3, "never seen", none, none, "heartbeat push", "heartbeat-heartbeats"],
      ["queue", 4, "its own report, or none in time", none, none, "component", "heartbeat-groups"],
      ["services", 4, "stale", "data", none, "heartbeat_log", "heartbeat-log"],
      ["shop", 4, "http_status", "sales", none, "http", "heartbeat-http"],
      [
        "silent",
        4,
        "silent for longer than its timeout",
        "web",
        none,
        "heartbeat push",
        "heartbeat-heartbeats",
      ],
      ["slow", 2, "slow, or by a rule of its module", none, none, "http", "heartbeat-http"],
    ]);
  });

  test("tells since when, for what was ever well, with the labels of the same rows", async () => {
    const wrong = await prometheus.query(queryOf("What is wrong"));
    const since = await prometheus.query(queryOf("What is wrong", "B"));
    expect(since.map(({ metric }) => metric["name"] ?? "").toSorted(byText)).toEqual([
      "failed",
      "queue",
      "silent",
      "slow",
    ]);
    for (const { metric } of since) expect(wrong.map((row) => row.metric)).toContainEqual(metric);
  });

  test("lists firing alerts by severity, with what they are about, the reason and whom they concern", async () => {
    const rows = await prometheus.query(queryOf("Firing alerts"));
    const about = (name: string) =>
      rows
        .filter(({ metric }) => metric["alertname"] === name)
        .map(({ metric, value }) => ({ ...metric, value }));
    expect(about("HeartbeatCriticalTargetDown")).toEqual([
      expect.objectContaining({ value: 3, name: "shop", reason: "http_status", owner: "sales" }),
    ]);
    expect(about("HeartbeatMissed")).toEqual([
      expect.objectContaining({ value: 3, name: "services silent.log", owner: "data" }),
      expect.objectContaining({ value: 3, name: "silent", owner: "web" }),
    ]);
    expect(about("HeartbeatWatchdog")).toEqual([]);
    const since = await prometheus.query(queryOf("Firing alerts", "B"));
    expect(since.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(rows.map(({ metric }) => metric)),
    );
  });

  test("names an alert with a runbook for everything that is wrong", async () => {
    const rows = await prometheus.query(queryOf("What is wrong"));
    const runbooks = rows.map(({ metric }) => metric["runbook"] ?? "");
    expect([...new Set(runbooks)].toSorted()).toEqual([
      "HeartbeatComponentUnhealthy",
      "HeartbeatFailed",
      "HeartbeatMissed",
      "HeartbeatNeverSeen",
      "HeartbeatTargetDegraded",
      "HeartbeatTargetDown",
      "HeartbeatTargetUnknown",
    ]);
    expect(pages()).toEqual(expect.arrayContaining(runbooks));
  });

  test("shows each file of a log target on its own, and what other heartbeats tell", async () => {
    const found = await prometheus.query(queryOf("Heartbeats"));
    const states = Object.fromEntries(found.map(({ metric, value }) => [metric["name"] ?? "", value]));
    expect(states).toEqual({
      failed: 4,
      silent: 4,
      "services silent.log": 4,
      never: 2,
      fine: 1,
      nightly: 1,
      "services alive.log": 1,
    });
    const state = (panel: string) => queryOf(panel, "A", "heartbeat-log");
    const running = await prometheus.query(state("System health"));
    expect(Object.fromEntries(running.map(({ metric, value }) => [metric["name"] ?? "", value]))).toEqual({
      "services alive.log": 1,
      "services silent.log": 2,
    });
  });

  test("tells when scheduled heartbeats are expected", async () => {
    const [late, ...others] = await prometheus.query(queryOf("Next expected", "A", "heartbeats"));
    expect(others).toEqual([]);
    expect([late?.metric["name"], late?.metric["owner"], late?.value]).toEqual(["nightly", "data", 0]);
    const [next] = await prometheus.query(queryOf("Next expected", "B", "heartbeats"));
    expect(next?.value).toBeGreaterThan(Date.now());
  });

  test("tells what changed", async () => {
    const rows = await prometheus.query(queryOf("Changed in the last hour"));
    expect(rows.map(({ metric }) => metric["change"])).toContain("exporter started");
  });

  test("counts as unknown what the exporter watched before it died, and names the exporter alone", async () => {
    await exporter.process.stop();
    await prometheus.queryUntil("up == 0");
    const rows = await prometheus.query(queryOf("What is wrong"));
    expect(rows.map(({ metric, value }) => [metric["kind"], value])).toEqual([["exporter", 5]]);
    const states = async (panel: string) =>
      (await prometheus.query(queryOf(panel))).map(({ value }) => value);
    expect(await states("Exporter")).toEqual([1]);
    expect(await states("Targets")).toEqual([3, 3, 3, 3, 3, 3]);
    expect(await states("Heartbeats")).toEqual([3, 3, 3, 3, 3, 3, 3]);
    expect(await states("Unknown")).toEqual([6]);
    expect(await states("Health")).toEqual([-1002]);
  });
});
