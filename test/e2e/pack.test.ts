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
import { repeatedly } from "../helpers/repeatedly.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { whyEmpty } from "../pack/empty-queries.ts";
import { startLiveAlertmanager } from "../pack/live-alertmanager.ts";
import { everyQuery, readDashboards } from "../pack/queries.ts";
import { scaledRules } from "../pack/scaled-rules.ts";
import { seriesOf } from "../pack/series-of.ts";

/** Shortens the durations of the rules: two minutes become four seconds. */
const FACTOR = 30;

/** Reasons for an empty query that do not hold for this exporter. */
const PRESENT = [
  "rules are loaded, and one fires",
  "groups",
  "heartbeats",
  "a heartbeat with a schedule",
  "a heartbeat log",
  "storage",
  "maintenance windows",
];

/** The path of the receiver that the watchdog's notifications go to. */
const WATCHDOG = "/dead-mans-switch";

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
  - { name: backup, kind: job, schedule: "0 3 * * *", grace: 1h }
maintenance: [{ name: move, targets: [shop], heartbeats: [db], once: { from: 2099-01-01T00:00:00Z, to: 2099-01-02T00:00:00Z } }]
groups: [{ name: everything, members: [model, shop, strategies, production-server, db] }]
`;

const prometheusYaml = (exporter: string, alertmanager: string): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(alertmanager).host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(exporter).host}"] }] }]
`;

/** Returns the names of the alerts that fire, sorted. */
const firing = async (prometheus: PrometheusServer): Promise<readonly string[]> =>
  (await prometheus.query('ALERTS{alertstate="firing"}'))
    .map(({ metric }) => metric["alertname"] ?? "")
    .toSorted(byText);

/** Starts the exporter, Prometheus, Alertmanager, and what they watch: a model, a service, two machines and a log. */
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
  // A job that has run once and is running again.
  for (const action of ["/start", "", "/start"]) await fetch(`${exporter.url}/ping/backup${action}`);
  let count = 0;
  const received = (path: string): readonly string[] =>
    live.requests.filter((request) => request.path.startsWith(path)).map(({ body }) => body);
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
    /** Returns the bodies that the receivers got under a path, in order. */
    received,
    /**
     * Waits for `count` more notifications of the watchdog, which come every two seconds. Alertmanager has then had the
     * time to send everything else that was due.
     */
    async rounds(count: number) {
      const before = received(WATCHDOG).length;
      await waitUntil("the watchdog", () => received(WATCHDOG).length >= before + count || undefined);
    },
    /** Returns what the receivers got besides the watchdog's notifications. */
    messages: () => live.requests.filter(({ path }) => !path.startsWith(WATCHDOG)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const byText = (a = "", b = ""): number => (a < b ? -1 : 1);

// All stacks at once: they wait much more than they work.
describe.concurrent.each(["bookworm", "newest"] as const)(
  "the whole pack, live, with the programs of %s",
  (version) => {
    it("notifies once about each problem, once about its end, and about nothing else", async () => {
      await using all = await stack(version);
      const { prometheus } = all;
      // While all is well, only the watchdog notifies.
      await prometheus.queryUntil('heartbeat_group_status{group="everything",status="healthy"} == 1');
      await all.rounds(6);
      expect(await firing(prometheus)).toEqual(["HeartbeatWatchdog"]);
      expect(all.messages()).toEqual([]);

      // The model dies, and comes back.
      await all.llama.process.stop(seconds(0));
      const about = (path: string, words: string): readonly string[] =>
        all.received(path).filter((text) => text.includes(words));
      const gone = "model (module chat) does not answer; its last success was";
      for (const path of ["/slack", "/telegram"]) {
        const text = await waitUntil(`a message to ${path}`, () => about(path, gone)[0]);
        expect(text).toContain("🔴");
        expect(text).toMatch(/its last success was \d+(\.\d+)?s ago/);
      }
      expect(about("/slack", gone)[0]).toContain('"channel":"#ai"');
      await all.startModel();
      for (const path of ["/slack", "/telegram"]) {
        const text = await waitUntil(`the all-clear to ${path}`, () => about(path, "🟢")[0]);
        // Of several alerts, the message names what they are about.
        expect(text).toMatch(/resolved.*model|model.*resolved/is);
      }
      // The alerts about its error budget and its uptime, which are not critical, go on for hours.
      await prometheus.queryUntil('absent(ALERTS{alertstate="firing", severity="critical"})');

      // A machine falls silent: its owner gets one message, and one when it is back.
      await all.fallSilent("production-server");
      const offline = "production-server (prod-01.example.com) is offline";
      const online = "production-server (prod-01.example.com) is online";
      await waitUntil("the offline message", () => about("/telegram", offline)[0]);
      await all.rounds(4);
      expect(about("/telegram", offline)).toHaveLength(1);
      all.keepPinging("production-server");
      await waitUntil("the online message", () => about("/telegram", online)[0]);
      // The message about its group names it as well.
      const ofMachine = about("/telegram", "production-server").filter(
        (text) => !text.includes("everything"),
      );
      expect(ofMachine).toHaveLength(2);
      const mails = () => all.live.mails.filter(({ to }) => to.includes("web@localhost"));
      await waitUntil("both mails", () => (mails().length > 1 ? true : undefined));
      expect(mails()).toHaveLength(2);

      // Another machine is silent when the exporter goes away: that must not read as the machine's return.
      await all.fallSilent("db");
      await waitUntil("the offline message of the other", () => about("/telegram", "db is offline")[0]);
      // Every receiver that the alert is routed to has its message.
      await all.rounds(3);
      const before = all.messages().length;
      await all.exporter.process.stop();
      const down = "Prometheus has not been able to scrape the exporter";
      await waitUntil("the message about the exporter", () => about("/slack", down)[0]);
      await all.rounds(8);
      const since = all
        .messages()
        .slice(before)
        .filter(({ body }) => !body.includes(": model"));
      expect(since.map(({ body }) => /Heartbeat[A-Z]\w+/.exec(body)?.[0])).toEqual(
        since.map(() => "HeartbeatExporterDown"),
      );
      expect(since.map(({ path }) => path.split("/")[1]).toSorted(byText)).toEqual([
        "pagerduty",
        "relay-of-services",
        "slack",
        "telegram",
      ]);
      expect(about("/telegram", "db is online")).toEqual([]);
      expect(all.live.alertmanager.warnings()).toEqual([]);
    });

    it("has series for every query of every panel", async () => {
      await using all = await stack(version);
      const { prometheus } = all;
      await prometheus.queryUntil('heartbeat_group_status{group="everything",status="healthy"} == 1');
      await all.fallSilent("db");
      const queries = [...readDashboards()].flatMap(([name, dashboard]) => everyQuery(name, dashboard));
      // Queries about http and llm targets need targets that fail: pack/queries.test.ts has them.
      let empty = queries.filter(
        ({ expr }) => whyEmpty(expr) !== undefined && whyEmpty(expr, PRESENT) === undefined,
      );
      expect(empty.length).toBeGreaterThan(50);
      // Recording rules that read other recording rules take several evaluations.
      for (let round = 0; round < 60 && empty.length > 0; round += 1) {
        const found = await Promise.all(empty.map((query) => seriesOf(prometheus, query)));
        empty = empty.filter((_, i) => found[i] === 0);
        if (empty.length > 0) await pause(1000);
      }
      expect(empty.map(({ place, expr }) => `${place}: ${expr}`)).toEqual([]);
    });
  },
);
