import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { startExporter } from "../helpers/exporter.ts";
import { DETAILED_HEARTBEAT } from "../helpers/heartbeat-line.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { startLlama } from "../helpers/llama.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { whyEmpty } from "../pack/empty-queries.ts";
import { startLiveAlertmanager } from "../pack/live-alertmanager.ts";
import { everyQuery, readDashboards } from "../pack/queries.ts";
import { scaledRules } from "../pack/scaled-rules.ts";
import { seriesOf } from "../pack/series-of.ts";

/** Two minutes of a rule are four seconds here. */
const FACTOR = 30;

/** The conditions of whyEmpty that this exporter meets. */
const MET = [
  "rules are loaded, and one fires",
  "groups",
  "heartbeats",
  "a heartbeat log",
  "storage",
  "maintenance windows",
];

const exporterYaml = (llm: string, shop: string, logs: string): string => `
modules:
  chat: { prober: llm, timeout: 2s, llm: { api: openai } }
  http_2xx: { prober: http, timeout: 2s, http: { preferred_ip_protocol: ip4 } }
  log: { prober: heartbeat_log, timeout: 2s, heartbeat_log: { paths: ["${logs}"] } }
targets:
  - { name: model, module: chat, target: "${llm}/v1", model: tiny, interval: 2s, min_interval: 1s, labels: { team: ai }, failover: {} }
  - { name: shop, module: http_2xx, target: "${shop}" }
  - { name: strategies, module: log, target: "${logs}/app.log" }
heartbeats:
  - { name: production-server, kind: machine, timeout: 4s, hostname: prod-01.example.com, owner: web }
  - { name: db, kind: machine, timeout: 4s }
  - { name: backup, kind: job, timeout: 1h }
maintenance: [{ name: move, targets: [shop], heartbeats: [db], once: { from: 2099-01-01T00:00:00Z, to: 2099-01-02T00:00:00Z } }]
groups: [{ name: everything, members: [model, shop, strategies, production-server, db] }]
`;

const prometheusYaml = (exporter: string, alertmanager: string): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(alertmanager).host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(exporter).host}"] }] }]
`;

/** Does something every half second until the returned function is called. */
function repeatedly(work: () => Promise<unknown>): () => Promise<void> {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await work();
      await pause(500);
    }
  })();
  return async () => {
    ending.abort();
    await loop;
  };
}

const firing = async (prometheus: PrometheusServer): Promise<readonly string[]> =>
  (await prometheus.query('ALERTS{alertstate="firing"}'))
    .map(({ metric }) => metric["alertname"] ?? "")
    .toSorted(byText);

/** Starts everything, with what stands for the world: a model, a service, two machines and a log. */
async function stack(version: ToolVersion) {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const model = join(folder.path, "tiny.gguf");
  await writeTinyModel(model, { answer: HEALTHY_PIECES });
  const llamaPort = await freePort();
  const startModel = () => startLlama({ model, port: llamaPort, args: ["--alias", "tiny"] });
  const llama = resources.use(await startModel());
  const shop = resources.use(await serveHttp((_request, response) => void response.end("fine")));
  const log = join(folder.path, "app.log");
  const yaml = exporterYaml(llama.url, `http://${shop.host}`, folder.path);
  const args = [`--storage.path=${folder.path}/store.db`];
  const exporter = resources.use(await startExporter({ yaml, args }));
  const live = resources.use(await startLiveAlertmanager("alertmanager.yml", version));
  const config = prometheusYaml(exporter.url, live.alertmanager.url);
  const prometheus = resources.use(
    await startPrometheus({
      version,
      config,
      files: scaledRules(FACTOR),
      args: ["--rules.alert.resend-delay=2s"],
    }),
  );
  const ping = (name: string) => () => fetch(`${exporter.url}/ping/${name}`).catch(() => undefined);
  // A job that ran, and runs again.
  for (const action of ["/start", "", "/start"]) await fetch(`${exporter.url}/ping/backup${action}`);
  let count = 0;
  const write = () => {
    count += 1;
    const { messages_processed_delta: delta } = DETAILED_HEARTBEAT;
    const now = {
      heartbeat_count: count,
      interval_seconds: 2,
      uptime_seconds: count / 2,
      publisher_is_healthy: true,
      publisher_circuit_breaker_state: "closed",
    };
    const beat = { ...DETAILED_HEARTBEAT, ...now, total_messages_processed: count * delta };
    return appendFile(log, `${JSON.stringify(beat)}\n`);
  };
  const writing = repeatedly(write);
  const pinging = new Map<string, () => Promise<void>>();
  const keepPinging = (name: string): void => void pinging.set(name, repeatedly(ping(name)));
  keepPinging("production-server");
  keepPinging("db");
  resources.defer(async () => {
    await Promise.all([writing, ...pinging.values()].map((end) => end()));
  });
  const owned = resources.move();
  return {
    exporter,
    prometheus,
    live,
    llama,
    async startModel() {
      owned.use(await startModel());
    },
    keepPinging,
    async fallSilent(name: string) {
      await pinging.get(name)?.();
    },
    /** The texts that came under a path of the receivers, in their order. */
    told: (path: string): readonly string[] =>
      live.requests.filter((request) => request.path.startsWith(path)).map(({ body }) => body),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const byText = (a = "", b = ""): number => (a < b ? -1 : 1);

describe.each(["bookworm", "newest"] as const)("the whole pack, live, with the programs of %s", (version) => {
  it("tells of what is wrong once, of its end once, and of nothing else", async () => {
    await using all = await stack(version);
    const { prometheus, told } = all;
    // All is well: only the watchdog is heard.
    await prometheus.queryUntil(
      'heartbeat_group_status{group="everything",status="healthy"} == 1',
      undefined,
      seconds(30),
    );
    await waitUntil("the watchdog", () => (told("/dead").length > 2 ? true : undefined), seconds(30));
    await pause(5000);
    expect(await firing(prometheus)).toEqual(["HeartbeatWatchdog"]);
    expect(all.live.requests.filter(({ path }) => !path.startsWith("/dead"))).toEqual([]);

    // The model dies, and comes back.
    await all.llama.process.stop(seconds(0));
    const about = (path: string, words: string): readonly string[] =>
      told(path).filter((text) => text.includes(words));
    const gone = "model (module chat) does not answer; its last success was";
    for (const path of ["/slack", "/telegram"]) {
      const text = await waitUntil(`${path} to be told`, () => about(path, gone)[0], seconds(40));
      expect(text).toContain("🔴");
      expect(text).toMatch(/its last success was \d+(\.\d+)?s ago/);
    }
    expect(about("/slack", gone)[0]).toContain('"channel":"#ai"');
    await all.startModel();
    for (const path of ["/slack", "/telegram"]) {
      const text = await waitUntil(`${path} to be told of the end`, () => about(path, "🟢")[0], seconds(60));
      expect(text).toContain("HeartbeatModelUnavailable");
    }
    // That its error budget burnt and that it was up too seldom stays true for hours.
    await prometheus.queryUntil(
      'absent(ALERTS{alertstate="firing", severity="critical"})',
      undefined,
      seconds(60),
    );

    // A machine falls silent: one message to its owner, and one when it is back.
    await all.fallSilent("production-server");
    const offline = "production-server (prod-01.example.com) is offline";
    const online = "production-server (prod-01.example.com) is online";
    await waitUntil("the offline message", () => about("/telegram", offline)[0], seconds(40));
    await pause(8000);
    expect(about("/telegram", offline)).toHaveLength(1);
    all.keepPinging("production-server");
    await waitUntil("the online message", () => about("/telegram", online)[0], seconds(40));
    expect(about("/telegram", "production-server")).toHaveLength(2);
    const letters = () => all.live.mails.filter(({ to }) => to.includes("web@example.com"));
    await waitUntil("both letters", () => (letters().length > 1 ? true : undefined));
    expect(letters()).toHaveLength(2);

    // Another is silent when the exporter goes: nobody may take that for its return.
    await all.fallSilent("db");
    await waitUntil(
      "the offline message of the other",
      () => about("/telegram", "db is offline")[0],
      seconds(40),
    );
    const before = all.live.requests.filter(({ path }) => !path.startsWith("/dead")).length;
    await all.exporter.process.stop();
    const down = "Prometheus has not been able to scrape the exporter";
    await waitUntil("word of the exporter", () => about("/slack", down)[0], seconds(40));
    await pause(15_000);
    const since = all.live.requests
      .filter(({ path }) => !path.startsWith("/dead"))
      .slice(before)
      .filter(({ body }) => !body.includes(": model"));
    expect(since.map(({ body }) => /Heartbeat[A-Z]\w+/.exec(body)?.[0])).toEqual(
      since.map(() => "HeartbeatExporterDown"),
    );
    expect(since.map(({ path }) => path.split("/")[1]).toSorted(byText)).toEqual([
      "pagerduty",
      "slack",
      "telegram",
    ]);
    expect(about("/telegram", "db is online")).toEqual([]);
    expect(all.live.alertmanager.warnings()).toEqual([]);
  }, 300_000);

  it("has series for every query of every panel", async () => {
    await using all = await stack(version);
    const { prometheus } = all;
    await prometheus.queryUntil(
      'heartbeat_group_status{group="everything",status="healthy"} == 1',
      undefined,
      seconds(30),
    );
    await all.fallSilent("db");
    const queries = [...readDashboards()].flatMap(([name, dashboard]) => everyQuery(name, dashboard));
    // Those about http and llm targets have series for certain where such targets are ill: pack/queries.test.ts.
    let empty = queries.filter(
      ({ expr }) => whyEmpty(expr) !== undefined && whyEmpty(expr, MET) === undefined,
    );
    expect(empty.length).toBeGreaterThan(50);
    // Recording rules of recording rules take their time.
    for (let round = 0; round < 30 && empty.length > 0; round += 1) {
      const found = await Promise.all(empty.map((query) => seriesOf(prometheus, query)));
      empty = empty.filter((_, i) => found[i] === 0);
      if (empty.length > 0) await pause(1000);
    }
    expect(empty.map(({ place, expr }) => `${place}: ${expr}`)).toEqual([]);
  }, 300_000);
});
