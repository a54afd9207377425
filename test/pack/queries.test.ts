import { createServer } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createStandIn } from "../../src/demo/stand-in.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveServer } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { type PrometheusServer, startPrometheus } from "../helpers/prometheus.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { PROBE_DETAILS, whyEmpty } from "./empty-queries.ts";
import { type NetworkTargets, startNetworkTargets } from "./network-targets.ts";
import { everyQuery, readDashboards } from "./queries.ts";
import { seriesOf } from "./series-of.ts";

const queries = [...readDashboards()].flatMap(([name, dashboard]) => everyQuery(name, dashboard));

/** @param more options of every module */
const exporterYaml = (llm: number, tls: number, network: NetworkTargets, more = ""): string => `
prices: { demo-model: { input: 1, output: 1 } }
modules:
  tls: { prober: http, timeout: 1s${more}, http: { tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 1s${more}, llm: { api: openai, cold_start: { after: 5m }, tiers: { health: { path: /health, interval: 1s } } } }
  secure: { prober: llm, timeout: 1s${more}, llm: { api: openai, tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem } } }
  port: { prober: tcp, timeout: 1s${more}, tcp: { tls: true, tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }, preferred_ip_protocol: ip4 } }
${network.modules(more)}
targets:
  - { name: port, module: port, target: "localhost:${tls}", interval: 1s }
  - { name: closed, module: port, target: "127.0.0.1:1", interval: 1s }
${network.targets}
  - { name: web, module: tls, target: "https://localhost:${tls}", interval: 1s, critical: true, expected_duration: 1s }
  - { name: nobody, module: tls, target: "https://127.0.0.1:1", interval: 1s }
  - { name: model, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, expected_duration: 1s, failover: {}, budget: { tokens: 1000000, dollars: 10, per: day } }
  - { name: flapping, module: chat, target: "http://127.0.0.1:${llm}/v1", model: demo-model, interval: 1s, failure_threshold: 1, healthy_threshold: 1, schedule: interval }
  - { name: secure, module: secure, target: "https://localhost:${tls}/v1", model: demo-model, interval: 1s }
`;

const VERSIONS = ["bookworm", "newest"] as const;

/** Conditions that the exporter of each job meets. */
const JOBS: Readonly<Record<string, readonly string[]>> = { default: [], detailed: [PROBE_DETAILS] };

describe("every query of the dashboards", () => {
  let resources: AsyncDisposableStack;
  const servers = new Map<ToolVersion, PrometheusServer>();

  beforeAll(async () => {
    await using starting = new AsyncDisposableStack();
    const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
    const web = createServer({ cert, key }, (_req, res) => void res.end("fine"));
    const tls = starting.use(await serveServer(web));
    const llm = starting.use(await serveServer(createStandIn()));
    const files = { "ca.pem": cert, "key.pem": key };
    const network = starting.use(await startNetworkTargets());
    const startWith = async (more: string): Promise<ExporterProcess> =>
      starting.use(await startExporter({ yaml: exporterYaml(llm.port, tls.port, network, more), files }));
    const exporters = { default: await startWith(""), detailed: await startWith(", probe_details: true") };
    for (const version of VERSIONS) {
      const options = { version, config: prometheusYaml(exporters) };
      servers.set(version, starting.use(await startPrometheus(options)));
    }
    // The stand-in fails from its fourth to its tenth second. Wait until the flapping target has recovered.
    for (const prometheus of servers.values()) {
      for (const condition of [
        'count(resets(heartbeat_target_healthy{target="flapping"}[1m]) > 0) == 2',
        'count(heartbeat_target_healthy{target="flapping"} == 1) == 2',
        'count(heartbeat_target_healthy{target="model"} == 1) == 2',
      ]) {
        await prometheus.queryUntil(condition);
      }
    }
    resources = starting.move();
  });
  afterAll(() => resources.disposeAsync());

  const cases = VERSIONS.flatMap((version) =>
    Object.entries(JOBS).flatMap(([job, met]) =>
      queries.map((query) => [version, job, query.place, query, met] as const),
    ),
  );
  test.each(cases)("on Prometheus %s, %s: %s", async (version, job, _place, query, met) => {
    const prometheus = servers.get(version);
    if (prometheus === undefined) throw new Error(`no Prometheus ${version}`);
    const reason = whyEmpty(query.expr, met);
    const expr = query.expr.replaceAll('job=~".+"', `job="${job}"`);
    const isFound = async (): Promise<boolean> => (await seriesOf(prometheus, { ...query, expr })) > 0;
    // A busy machine may lose a scrape, after which the next one brings what is missing.
    const found =
      reason === undefined
        ? await waitUntil(expr, async () => (await isFound()) || undefined).catch(() => false)
        : await isFound();
    expect({ found, reason }).toEqual({ found: reason === undefined, reason });
    // With the part that says why it is empty, a query always has a series.
    const whole = query.whole.replaceAll('job=~".+"', `job="${job}"`);
    if (query.whole === query.expr) return;
    expect(await seriesOf(prometheus, { ...query, expr: whole })).toBeGreaterThan(0);
  });
});

const prometheusYaml = (exporters: Readonly<Record<string, ExporterProcess>>): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
${Object.entries(exporters)
  .map(
    ([job, { url }]) => `  - { job_name: ${job}, static_configs: [{ targets: ["${new URL(url).host}"] }] }`,
  )
  .join("\n")}
`;
