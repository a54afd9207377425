import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { metrics } from "../src/catalogue/index.ts";
import { createStandIn } from "../src/demo/stand-in.ts";
import { makeCertificate } from "./helpers/certificates.ts";
import { startExporter } from "./helpers/exporter.ts";
import { parseExposition } from "./helpers/exposition.ts";
import { DETAILED_HEARTBEAT } from "./helpers/heartbeat-line.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { notification } from "./notify/receiver.ts";

/** Metrics of prom-client, about the process and Node.js. */
const FOREIGN = /^(process|nodejs)_/;
const SUFFIX = /_(bucket|sum|count)$/;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

describe("the catalogue", () => {
  it("has every metric of a real scrape, and a real scrape every metric of it", async () => {
    // Streams its tokens with pauses, which models that are small enough for a test do not.
    const standIn = createStandIn();
    const llmPort = await listen(standIn);
    // Ollama is the one API that reports its load duration; the gateway before it reports rate limits.
    const ollama = createPlainServer((_req, res) => {
      res.setHeader("x-ratelimit-remaining-requests", "9").setHeader("x-ratelimit-reset-requests", "1s");
      res.end(JSON.stringify({ message: { content: "HEALTHY" }, done: true, load_duration: 1e9 }));
    });
    const ollamaPort = await listen(ollama);
    const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
    const secure = createServer({ cert, key }, (_req, res) => {
      res.setHeader("Last-Modified", new Date(0).toUTCString()).end("{}");
    });
    const tlsPort = await listen(secure);
    // A cluster with a lease to probe, and one to hold.
    await using cluster = await startKubernetes();
    cluster.put("kcp/syncer", {
      holderIdentity: "syncer-1",
      leaseDurationSeconds: 30,
      renewTime: "2025-09-15T13:30:00.000000Z",
      leaseTransitions: 0,
    });
    await using logs = await temporaryFolder();
    const logFile = await logs.write("app.log", `${JSON.stringify(DETAILED_HEARTBEAT)}\n`);
    const yaml = `
lease: { kubeconfig: kube.json }
control: { token_file: token }
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true], dry_run: true, verify: never }]
maintenance: [{ name: night, targets: [tls], heartbeats: [backup], once: { from: 2099-01-01T00:00:00Z, to: 2099-01-02T00:00:00Z } }]
webhooks: [{ name: app, url: "http://127.0.0.1:1", events: [reload] }]
groups: [{ name: all, members: [tls, nobody], labels: { team: web } }]
prices: { demo-model: { input: 1, output: 1 } }
modules:
  tls: { prober: http, timeout: 2s, http: { tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4, fail_if_body_json_matches_cel: "false" } }
  lease: { prober: kubernetes_lease, timeout: 2s, kubernetes_lease: { kubeconfig: kube.json } }
  local: { prober: llm, timeout: 2s, llm: { api: ollama, stream: false, cold_start: { after: 5m } } }
  log: { prober: heartbeat_log, heartbeat_log: { paths: ["${logs.path}"] } }
  chat: { prober: llm, timeout: 2s, llm: { api: openai, tiers: { health: { path: /health, interval: 1s } } } }
heartbeats:
  - { name: backup, kind: job, hostname: prod-01, owner: web, labels: { tier: front } }
targets:
  - { name: tls, module: tls, target: "https://localhost:${tlsPort}", expected_duration: 1s, labels: { team: web } }
  - { name: nobody, module: tls, target: "http://127.0.0.1:1" }
  - { name: syncer, module: lease, target: kcp/syncer }
  - { name: local, module: local, target: "http://127.0.0.1:${ollamaPort}", model: demo-model, budget: { tokens: 1, dollars: 1, per: day } }
  - { name: log, module: log, target: "${logFile}" }
  - { name: tiny, module: chat, target: "http://127.0.0.1:${llmPort}/v1", model: demo-model, interval: 2s, failover: {} }
`;
    await using exporter = await startExporter({
      yaml,
      args: [`--storage.path=${logs.path}/store.db`],
      files: {
        "ca.pem": cert,
        "key.pem": key,
        "kube.json": cluster.kubeconfig(),
        token: "control-token-of-the-test",
      },
    });
    for (const action of ["/start", "", "/start"]) await exporter.get(`/ping/backup${action}`);
    await fetch(`${exporter.url}/api/v1/components/queue`, {
      method: "PUT",
      headers: { Authorization: "Bearer control-token-of-the-test" },
      body: '{"status":"healthy"}',
    });
    await fetch(`${exporter.url}/alertmanager/actions/restart`, {
      method: "POST",
      headers: { Authorization: "Bearer control-token-of-the-test" },
      body: notification([{ labels: { alertname: "Down", target: "tls" } }]),
    });
    const missingIn = ({ types }: { types: ReadonlyMap<string, string> }): string[] =>
      metrics.filter(({ name }) => !types.has(name)).map(({ name }) => name);
    const scrape = async () => parseExposition(await exporter.get("/metrics"));
    // Some series need more than one probe, or a moment: the lag of the event loop, the settling of an action.
    let last = await scrape();
    for (let i = 0; i < 300 && missingIn(last).length > 0; i += 1) {
      await pause(200);
      last = await scrape();
    }
    const { series, types } = last;
    secure.close();
    standIn.close();
    ollama.close();

    const byName = new Map(metrics.map((metric) => [metric.name, metric]));
    const unknown = [...types.keys()].filter((name) => !byName.has(name) && !FOREIGN.test(name));
    expect(unknown).toEqual([]);
    expect(missingIn(last)).toEqual([]);

    for (const { name, labels } of series) {
      const metric = byName.get(name) ?? byName.get(name.replace(SUFFIX, ""));
      if (metric === undefined) continue;
      expect(types.get(metric.name)).toBe(metric.type);
      const about = ["exporter", "group", "notify"].includes(metric.emitter) || labels["source"] === "push";
      const perTarget = about ? [] : ["target", "module"];
      const own: Readonly<Record<string, boolean>> = {
        team:
          (metric.name === "heartbeat_target_info" && labels["target"] === "tls") ||
          metric.name === "heartbeat_group_info",
        tier: metric.name === "heartbeat_info" && labels["source"] === "push",
      };
      const more = Object.keys(own).filter((label) => own[label]);
      const bucket = name.endsWith("_bucket") ? ["le"] : [];
      const wanted = new Set([...perTarget, ...metric.labels, ...more, ...bucket]);
      expect({ name, labels: Object.keys(labels).toSorted() }).toEqual({
        name,
        labels: [...wanted].toSorted(),
      });
    }
  });

  it("follows Prometheus' naming of units and types", () => {
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^(probe|heartbeat)_[a-z0-9_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours)$/);
      expect(help).toMatch(/^[A-Z0-9].*[^.]$/s);
    }
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });
});
