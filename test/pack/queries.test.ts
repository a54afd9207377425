import { createServer } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createStandIn } from "../../src/demo/stand-in.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveServer } from "../helpers/http-targets.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { whyEmpty } from "./empty-queries.ts";
import { everyQuery, readDashboards } from "./queries.ts";
import { seriesOf } from "./series-of.ts";

const queries = [...readDashboards()].flatMap(([name, dashboard]) => everyQuery(name, dashboard));

const exporterYaml = (llm: number, tls: number): string => `
prices: { demo-model: { input: 1, output: 1 } }
modules:
  tls: { prober: http, timeout: 1s, http: { tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 1s, llm: { api: openai, cold_start: { after: 5m }, tiers: { health: { path: /health, interval: 1s } } } }
  secure: { prober: llm, timeout: 1s, llm: { api: openai, tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem } } }
targets:
  - { name: web, module: tls, target: "https://localhost:${tls}", interval: 1s, critical: true, expected_duration: 1s }
  - { name: nobody, module: tls, target: "https://127.0.0.1:1", interval: 1s }
  - { name: model, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, expected_duration: 1s, failover: {}, budget: { tokens: 1000000, dollars: 10, per: day } }
  - { name: flapping, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, failure_threshold: 1, healthy_threshold: 1, schedule: interval }
  - { name: secure, module: secure, target: "https://localhost:${tls}/v1", model: demo-model, interval: 1s }
`;

const VERSIONS = ["bookworm", "newest"] as const;

describe("every query of the dashboards", () => {
  let resources: AsyncDisposableStack;
  const servers = new Map<ToolVersion, PrometheusServer>();

  beforeAll(async () => {
    await using starting = new AsyncDisposableStack();
    const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
    const web = createServer({ cert, key }, (_req, res) => void res.end("fine"));
    const tls = starting.use(await serveServer(web));
    const llm = starting.use(await serveServer(createStandIn()));
    const yaml = exporterYaml(llm.port, tls.port);
    const exporter = starting.use(await startExporter({ yaml, files: { "ca.pem": cert, "key.pem": key } }));
    for (const version of VERSIONS) {
      const options = { version, config: prometheusYaml(exporter) };
      servers.set(version, starting.use(await startPrometheus(options)));
    }
    // The stand-in fails from its fourth to its tenth second. Wait until the flapping target has recovered.
    for (const prometheus of servers.values()) {
      for (const condition of [
        'resets(heartbeat_target_healthy{target="flapping"}[1m]) > 0',
        'heartbeat_target_healthy{target="flapping"} == 1',
        'heartbeat_target_healthy{target="model"} == 1',
      ]) {
        await prometheus.queryUntil(condition);
      }
    }
    resources = starting.move();
  });
  afterAll(() => resources.disposeAsync());

  const cases = VERSIONS.flatMap((version) => queries.map((query) => [version, query.place, query] as const));
  test.each(cases)("on Prometheus %s: %s", async (version, _place, query) => {
    const prometheus = servers.get(version);
    if (prometheus === undefined) throw new Error(`no Prometheus ${version}`);
    const reason = whyEmpty(query.expr);
    const series = await seriesOf(prometheus, query);
    expect({ found: series > 0, reason }).toEqual({ found: reason === undefined, reason });
  });
});

const prometheusYaml = ({ url }: ExporterProcess): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: heartbeat
    static_configs: [{ targets: ["${new URL(url).host}"] }]
`;
