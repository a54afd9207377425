import { globSync, readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { describe, expect, it } from "vitest";
import { allMetrics } from "../src/catalogue/index.ts";
import { resultMetrics } from "../src/catalogue/results.ts";
import { FAILURE_REASONS } from "../src/core/reasons.ts";
import { createStandIn } from "../src/demo/stand-in.ts";
import { probers } from "../src/probers/index.ts";
import { makeCertificate } from "./helpers/certificates.ts";
import { startExporter } from "./helpers/exporter.ts";
import { parseExposition } from "./helpers/exposition.ts";
import { DETAILED_HEARTBEAT } from "./helpers/heartbeat-line.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { waitUntil } from "./helpers/process.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { notification } from "./notify/receiver.ts";

/** Metrics of prom-client about the process and Node.js. */
const FOREIGN = /^(process|nodejs)_/;
/** The list of all metrics, and those of them that have the labels `target` and `module` besides their own. */
const metrics = allMetrics(probers);
const perProbe = new Set([...Object.values(resultMetrics), ...probers.flatMap((prober) => prober.metrics)]);
const SUFFIX = /_(bucket|sum|count)$/;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

describe("the catalogue", () => {
  it("equals a real scrape, both ways", async () => {
    // Streams its tokens with pauses, which a model small enough for a test does not.
    const standIn = createStandIn();
    const llmPort = await listen(standIn);
    // The only API that reports how long loading took, behind a gateway that reports rate limits.
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
maintenance: [{ name: night, targets: [tls], heartbeats: [backup], cron: 0 3 * * *, duration: 1h }]
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
    const slow = [
      "heartbeat_action_cooldown_until_timestamp_seconds",
      "heartbeat_exporter_event_loop_lag_seconds",
      "heartbeat_target_healthy",
      "probe_llm_tier",
      "probe_llm_inter_token_latency_seconds",
      "probe_llm_max_stall_seconds",
      "probe_llm_tokens_per_second",
    ];
    const { series, types } = await waitUntil("metrics that need some time, or a probe", async () => {
      const scrape = parseExposition(await exporter.get("/metrics"));
      return slow.every((name) => scrape.types.has(name)) ? scrape : undefined;
    });
    secure.close();
    standIn.close();
    ollama.close();

    const byName = new Map(metrics.map((metric) => [metric.name, metric]));
    const unknown = [...types.keys()].filter((name) => !byName.has(name) && !FOREIGN.test(name));
    expect(unknown).toEqual([]);
    const missing = metrics.filter(({ name }) => !types.has(name)).map(({ name }) => name);
    expect(missing).toEqual([]);

    for (const { name, labels } of series) {
      const metric = byName.get(name) ?? byName.get(name.replace(SUFFIX, ""));
      if (metric === undefined) continue;
      expect(types.get(metric.name)).toBe(metric.type);
      const heard = labels["source"] !== undefined && labels["source"] !== "push";
      const perTarget = perProbe.has(metric) || heard ? ["target", "module"] : [];
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
  }, 30_000);

  it("is what docs/metrics.md lists", () => {
    const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
    const listed = Array.from(page.matchAll(/^\| `(\w+)` \|/gm), ([, name = ""]) => name);
    expect(listed.toSorted()).toEqual(metrics.map(({ name }) => name).toSorted());
  });

  it("follows the naming conventions of Prometheus", () => {
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^(probe|heartbeat)_[a-z0-9_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours)$/);
      expect(help).toMatch(/^[A-Z0-9].*[^.]$/s);
    }
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });
});

describe.each(probers)("the reasons of prober $kind", ({ kind, reasons }) => {
  const folder = new URL(`../src/probers/${kind.replaceAll("_", "-")}/`, import.meta.url);

  it("are in FAILURE_REASONS, each once", () => {
    expect(reasons.filter((reason) => !FAILURE_REASONS.includes(reason))).toEqual([]);
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it("all occur in its source; the compiler rejects others", () => {
    const source = globSync("**/*.ts", { cwd: folder })
      .filter((file) => file !== "reasons.ts" && file !== "schema.ts")
      .map((file) => readFileSync(new URL(file, folder), "utf8"))
      .join("\n");
    expect(reasons.filter((reason) => !source.includes(`"${reason}"`))).toEqual([]);
  });
});
