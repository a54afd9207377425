import { appendFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { makeCertificate } from "../../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { DETAILED_HEARTBEAT } from "../../helpers/heartbeat-line.ts";
import { serveHttp, serveHttps } from "../../helpers/http-targets.ts";
import { startKubernetes } from "../../helpers/kubernetes.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { type NetworkTargets, startNetworkTargets } from "../network-targets.ts";

/** The targets and heartbeats that fail in an outage; the others never do. */
export const VICTIMS = ["shop", "gpt", "orders", "syncer", "mail", "ledger", "backup"] as const;
/** The group of them, and of one that never fails. */
export const VICTIM_GROUP = "business";
/** Those that never fail, and their group. */
export const SURVIVORS = ["docs", "local", "resolver", "router", "feed", "server", "platform"] as const;

/** An exporter whose targets and heartbeats are all well until the outage begins. */
export interface World extends AsyncDisposable {
  readonly exporter: ExporterProcess;
  /** Makes {@link VICTIMS} fail. */
  breakVictims(): void;
}

const TOKEN = "token-of-the-pictures";
const MODEL = "demo-model";

/** @param ports of those that never fail, over TLS and without, and of those that do */
const yaml = (
  ports: { https: number; http: number; victims: number },
  logs: string,
  network: NetworkTargets,
): string => `
prices: { ${MODEL}: { input: 5, output: 15 } }
lease: { kubeconfig: kube.json }
control: { token_file: token }
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:${ports.http}/docs" }]
webhooks: [{ name: app, url: "http://127.0.0.1:${ports.http}/docs", events: [reload] }]
modules:
  web: { prober: http, timeout: 1s, histograms: [duration], probe_details: true }
  tls: { prober: http, timeout: 1s, probe_details: true, http: { tls_config: { ca_file: ca.pem }, preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 1s, histograms: [first_token, inter_token], probe_details: true, llm: { api: openai, tiers: { health: { path: /health, interval: 1s } } } }
  log: { prober: heartbeat_log, timeout: 1s, heartbeat_log: { paths: ["${logs}"], timeout: 3s } }
  lease: { prober: kubernetes_lease, timeout: 1s, kubernetes_lease: { kubeconfig: kube.json, timeout: 3s } }
${network.modules(", probe_details: true")}
targets:
  - { name: docs, module: tls, target: "https://localhost:${ports.https}", interval: 1s, expected_duration: 2s, slo_objective: 0.99 }
  - { name: shop, module: web, target: "http://127.0.0.1:${ports.victims}/shop", interval: 1s, failure_threshold: 2, critical: true, expected_duration: 2s, slo_objective: 0.99 }
  - { name: local, module: chat, target: "http://127.0.0.1:${ports.http}/local", model: ${MODEL}, interval: 1s, expected_duration: 2s, failover: {} }
  - { name: gpt, module: chat, target: "http://127.0.0.1:${ports.victims}/gpt", model: ${MODEL}, interval: 1s, failure_threshold: 2, critical: true, expected_duration: 2s, failover: {}, budget: { tokens: 1000000, dollars: 100, per: day } }
  - { name: orders, module: log, target: "${logs}/orders.log", interval: 1s }
  - { name: syncer, module: lease, target: kcp/syncer, interval: 1s }
${network.targets}
heartbeats:
  - { name: server, kind: machine, timeout: 20s, hostname: prod-01.example.com, owner: web }
  - { name: backup, kind: job, timeout: 3s, owner: data }
routes:
  - { name: chat, order: [gpt, local], min_dwell: 1s }
groups:
  - { name: ${VICTIM_GROUP}, members: [shop, gpt, docs, backup] }
  - { name: platform, members: [docs, local, server] }
`;

/** Starts an exporter with a target of each kind, heartbeats and groups. */
export async function startWorld(): Promise<World> {
  await using resources = new AsyncDisposableStack();
  let broken = false;
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  const https = resources.use(
    await serveHttps({ cert, key }, (_request, response) => void response.end("{}")),
  );
  const serve = async (fails: () => boolean): Promise<number> =>
    resources.use(
      await serveHttp((request, response) => {
        request.resume();
        if (fails()) response.writeHead(503).end("{}");
        else if (request.url?.endsWith("/chat/completions") === true) streamAnswer(response);
        else response.end("{}");
      }),
    ).port;
  const ports = { https: https.port, http: await serve(() => false), victims: await serve(() => broken) };
  const network = resources.use(await startNetworkTargets(() => broken));
  const cluster = resources.use(await startKubernetes());
  const logs = resources.use(await temporaryFolder());
  const store = resources.use(await temporaryFolder());
  const log = await logs.write("orders.log", "");
  let count = 0;
  const beat = async (): Promise<void> => {
    count += 1;
    const now = new Date().toISOString();
    cluster.put("kcp/syncer", {
      holderIdentity: "syncer-1",
      leaseDurationSeconds: 3,
      renewTime: now.replace("Z", "000Z"),
      leaseTransitions: 0,
    });
    await appendFile(log, `${JSON.stringify(lineOf(count, now))}\n`);
  };
  await beat();
  const exporter = resources.use(
    await startExporter({
      yaml: yaml(ports, logs.path, network),
      args: [`--storage.path=${join(store.path, "store.db")}`],
      files: { "ca.pem": cert, "kube.json": cluster.kubeconfig(), token: TOKEN },
    }),
  );
  const tick = async (): Promise<void> => {
    // The exporter is gone in one of the states.
    const ping = (name: string): Promise<unknown> =>
      fetch(`${exporter.url}/ping/${name}`).catch(() => undefined);
    await ping("server");
    if (broken) return;
    await ping("backup");
    await beat();
  };
  const ticking = setInterval(() => void tick(), 500);
  resources.defer(() => clearInterval(ticking));
  await tick();
  const owned = resources.move();
  return {
    exporter,
    breakVictims: () => {
      broken = true;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const lineOf = (count: number, timestamp: string): object => ({
  ...DETAILED_HEARTBEAT,
  timestamp,
  heartbeat_count: count,
  interval_seconds: 1,
  uptime_seconds: count,
  total_messages_processed: 100 * count,
  publisher_is_healthy: true,
  consumer_last_message_time: Date.parse(timestamp) / 1000,
  publisher_last_order_time: Date.parse(timestamp) / 1000,
  publisher_circuit_breaker_state: "CLOSED",
});

function streamAnswer(response: ServerResponse): void {
  const chunk = (choices: readonly object[], more: object = {}): string =>
    `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: MODEL, choices, ...more })}\n\n`;
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const write = (content: string): boolean =>
    response.write(chunk([{ index: 0, delta: { content }, finish_reason: null }]));
  write("HEAL");
  // Tokens that come at once have no time between them.
  setTimeout(() => {
    write("THY");
    response.write(chunk([{ index: 0, delta: {}, finish_reason: "stop" }]));
    const usage = { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 };
    response.end(`${chunk([], { usage })}data: [DONE]\n\n`);
  }, 5);
}
