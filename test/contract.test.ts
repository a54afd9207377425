import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { describe, expect, it } from "vitest";
import { metrics } from "../src/catalogue.ts";
import { createStandIn } from "../src/demo/stand-in.ts";
import { makeCertificate } from "./helpers/certificates.ts";
import { startExporter } from "./helpers/exporter.ts";
import { parseExposition } from "./helpers/exposition.ts";
import { waitUntil } from "./helpers/process.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";

/** prom-client's own, about the process and Node.js. */
const FOREIGN = /^(process|nodejs)_/;
const SUFFIX = /_(bucket|sum|count)$/;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

describe("the catalogue", () => {
  it("is what a real scrape shows, both ways", async () => {
    // Streams its tokens some time apart, as no model that is small enough for a test does.
    const standIn = createStandIn();
    const llmPort = await listen(standIn);
    // The one API that tells how long loading took, behind a gateway that tells its rate limits.
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
    const yaml = `
prices: { demo-model: { input: 1, output: 1 } }
modules:
  tls: { prober: http, timeout: 2s, http: { tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4, fail_if_body_json_matches_cel: "false" } }
  local: { prober: llm, timeout: 2s, llm: { api: ollama, stream: false, cold_start: { after: 5m } } }
  chat: { prober: llm, timeout: 2s, llm: { api: openai, tiers: { health: { path: /health, interval: 1s } } } }
targets:
  - { name: tls, module: tls, target: "https://localhost:${tlsPort}", expected_duration: 1s, labels: { team: web } }
  - { name: nobody, module: tls, target: "http://127.0.0.1:1" }
  - { name: local, module: local, target: "http://127.0.0.1:${ollamaPort}", model: demo-model, budget: { tokens: 1, dollars: 1, per: day } }
  - { name: tiny, module: chat, target: "http://127.0.0.1:${llmPort}/v1", model: demo-model, interval: 2s, failover: {} }
`;
    await using folder = await temporaryFolder();
    await using exporter = await startExporter({
      yaml,
      files: { "ca.pem": cert, "key.pem": key },
      args: [`--storage.path=${folder.path}/store.db`],
    });
    const slow = ["heartbeat_exporter_event_loop_lag_seconds", "heartbeat_target_healthy", "probe_llm_tier"];
    const { series, types } = await waitUntil(
      "what takes more than a moment, or a probe, to know",
      async () => {
        const scrape = parseExposition(await exporter.get("/metrics"));
        return slow.every((name) => scrape.types.has(name)) ? scrape : undefined;
      },
    );
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
      const perTarget = metric.emitter === "exporter" ? [] : ["target", "module"];
      const more = metric.name === "heartbeat_target_info" && labels["target"] === "tls" ? ["team"] : [];
      const bucket = name.endsWith("_bucket") ? ["le"] : [];
      const wanted = new Set([...perTarget, ...metric.labels, ...more, ...bucket]);
      expect({ name, labels: Object.keys(labels).toSorted() }).toEqual({
        name,
        labels: [...wanted].toSorted(),
      });
    }
  }, 30_000);

  it("names units and kinds the way Prometheus asks for", () => {
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^(probe|heartbeat)_[a-z0-9_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours)$/);
      expect(help).toMatch(/^[A-Z0-9].*[^.]$/s);
    }
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });
});
