import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { ANSWERS, serveFuzzed } from "./answers.ts";
import { type FuzzRequest, type Known, requestsFor, send } from "./requests.ts";

const TOKEN = "the-token-of-the-fuzz-test";

/** The status page of 500 that blackbox_exporter shares: docs/http-api.md. */
const SCRAPE_TIMEOUT = /\r\n\r\nX-Prometheus-Scrape-Timeout-Seconds: got /;

const LLM_APIS = [
  "openai",
  "openai_responses",
  "openai_embeddings",
  "anthropic",
  "gemini",
  "cohere",
  "ollama",
  "tgi",
] as const;

/** A configuration with every kind of prober and every section that has routes. */
const yamlFor = (tcp: number, udp: number, folder: string): string => `
control: { token_file: token }
components: { token_file: token }
heartbeat_registration: { token_file: token }
modules:
  http_2xx: { prober: http, timeout: 300ms }
  rules: { prober: http, timeout: 300ms, http: { fail_if_body_matches_regexp: ["a+b"], fail_if_header_not_matches: [{ header: X, regexp: y, allow_missing: true }], fail_if_body_json_matches_cel: "body.error == true", valid_http_versions: [HTTP/1.1] } }
  proxied: { prober: http, timeout: 300ms, http: { proxy_url: "http://127.0.0.1:${tcp}", skip_resolve_phase_with_proxy: true } }
  oauth: { prober: http, timeout: 300ms, http: { oauth2: { client_id: a, client_secret: b, token_url: "http://127.0.0.1:${tcp}/" } } }
  tcp: { prober: tcp, timeout: 300ms, tcp: { query_response: [{ expect: "^(2..).*", send: "QUIT \${1}", labels: [{ name: x, value: "\${1}" }] }] } }
  tls: { prober: tcp, timeout: 300ms, tcp: { tls: true } }
  dns: { prober: dns, timeout: 300ms, dns: { query_name: example.com, query_type: ANY } }
  dns_tcp: { prober: dns, timeout: 300ms, dns: { query_name: example.com, transport_protocol: tcp } }
  grpc: { prober: grpc, timeout: 300ms }
  websocket: { prober: websocket, timeout: 300ms, websocket: { query_response: [{ expect: a }] } }
  unix: { prober: unix, timeout: 300ms }
  icmp: { prober: icmp, timeout: 300ms }
  logs: { prober: heartbeat_log, timeout: 300ms, heartbeat_log: { paths: ["${folder}"] } }
  remote_logs: { prober: heartbeat_log, timeout: 300ms, heartbeat_log: { allowed_targets: [127.0.0.1], paths: ["${folder}"] } }
${LLM_APIS.map((api) => `  ${api}: { prober: llm, timeout: 300ms, llm: { api: ${api}, model: m${api === "openai_embeddings" ? "" : ", prompt: hi, expect: { contains: ok }"} } }`).join("\n")}
targets:
  - { name: shop, module: http_2xx, target: "http://127.0.0.1:${tcp}/", failover: {}, interval: 2s, min_interval: 0s }
  - { name: model, module: openai, target: "http://127.0.0.1:${tcp}/v1", failover: {}, interval: 2s, min_interval: 0s, schedule: interval }
  - { name: mail, module: tcp, target: "127.0.0.1:${tcp}", interval: 2s, labels: { team: a } }
  - { name: zone, module: dns, target: "127.0.0.1:${udp}", interval: 2s }
  - { name: log, module: logs, target: "${folder}/app.log", interval: 2s }
heartbeats:
  - { name: box, timeout: 2m, owner: web }
  - { name: nightly, schedule: "0 3 * * *", grace: 1h, token_file: token }
groups: [{ name: all, members: [shop, model, box], components: [worker] }]
routes: [{ name: route, order: [shop] }]
maintenance: [{ name: night, targets: [mail], cron: "0 3 * * *", duration: 1h, time_zone: UTC }]
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:${tcp}/" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true] }]
webhooks: [{ name: hook, events: [mode, heartbeat.offline, status], url: "http://127.0.0.1:${tcp}/" }]
pages: [{ path: /public, groups: [all], show: [addresses, reasons, latency] }]
`;

/** Returns the lines that no input may cause: errors, except those of failed probes for a reason that is not `internal`. */
const faultsIn = (text: string): readonly string[] =>
  text.split("\n").filter((line) => {
    if (!/^(?:ts|time)=/.test(line)) return /error|warning|^\s+at /i.test(line);
    if (/\breason=internal\b/.test(line)) return true;
    return /\blevel=(?:error|fatal)\b/.test(line) && !line.includes('msg="probe ended"');
  });

/** Sends requests and lets targets answer at random for a time; rejects with the first request after which something is wrong. */
export async function fuzz(seconds: number, seed?: number): Promise<number> {
  await using target = await serveFuzzed();
  await using folder = await temporaryFolder();
  mkdirSync(join(folder.path, "d"));
  writeFileSync(join(folder.path, "app.log"), '{"time":"2026-01-01T00:00:00Z","msg":"heartbeat"}\nx\n');
  await using exporter = await startExporter({
    yaml: yamlFor(target.tcpPort, target.udpPort, folder.path),
    files: { token: TOKEN },
    args: [`--storage.path=${join(folder.path, "state", "s.db")}`, "--log.prober=error"],
  });
  const here = `127.0.0.1:${target.tcpPort}`;
  const known: Known = {
    names: [
      "shop",
      "model",
      "mail",
      "zone",
      "log",
      "box",
      "nightly",
      "all",
      "route",
      "night",
      "phone",
      "restart",
      "worker",
      "1",
      "fallback",
      TOKEN,
    ],
    modules: [
      "http_2xx",
      "rules",
      "proxied",
      "oauth",
      "tcp",
      "tls",
      "dns",
      "dns_tcp",
      "grpc",
      "websocket",
      "unix",
      "icmp",
      "logs",
      "remote_logs",
      ...LLM_APIS,
    ],
    addresses: [
      `http://${here}/`,
      `http://${here}/?a=b`,
      here,
      `127.0.0.1:${target.udpPort}`,
      `ws://${here}/`,
      "127.0.0.1",
      join(folder.path, "app.log"),
      join(folder.path, "*.log"),
      folder.path,
      "/run/x.sock",
      "@abstract",
      "http://[::1",
      "http://2852039166/",
      "shop",
      "http://x:99999/",
    ], // prettier-ignore
    answering: `http://${here}/`,
    token: TOKEN,
  }; // prettier-ignore
  const port = Number(new URL(exporter.url).port);
  const batch = fc.tuple(
    fc.array(requestsFor(known), { minLength: 16, maxLength: 16 }),
    fc.array(ANSWERS, { minLength: 4, maxLength: 4 }),
  );
  let read = 0;
  let count = 0;
  await fc.assert(
    fc.asyncProperty(batch, async ([requests, answers]) => {
      target.answer(answers);
      const responses = await Promise.all(requests.map((request) => send(port, request)));
      count += requests.length;
      for (const [i, { status, text }] of responses.entries()) {
        if (status === 500 && !SCRAPE_TIMEOUT.test(text) && requests[i]?.method !== "HEAD")
          throw problem(requests[i], text, exporter, read);
        if (/reason="internal"\} [1-9]|internal: |reason: internal/.test(text))
          throw problem(requests[i], text, exporter, read);
      }
      const output = exporter.process.output();
      const faults = faultsIn(output.slice(read));
      read = output.length;
      if (faults.length > 0) throw new Error(`${faults.join("\n")}\nafter ${shown(requests, answers)}`);
      const alive = await fetch(`${exporter.url}/-/healthy`).catch((error: unknown) => error);
      if (!(alive instanceof Response))
        throw new Error(
          `the exporter has ended: ${exporter.process.output().slice(-3000)}\nafter ${shown(requests, answers)}`,
        );
    }),
    {
      numRuns: 1e9,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
      // The state of the exporter is part of the example, so a smaller one may not fail.
      endOnFailure: true,
      ...(seed === undefined ? {} : { seed }),
    },
  );
  const exit = await exporter.process.stop();
  const faults = faultsIn(exporter.process.output().slice(read));
  if (exit.code !== 0 || faults.length > 0)
    throw new Error(`the end: ${JSON.stringify(exit)} ${faults.join("\n")}`);
  return count;
}

const problem = (
  request: FuzzRequest | undefined,
  text: string,
  exporter: ExporterProcess,
  read: number,
): Error =>
  new Error(`${JSON.stringify(request)}\n${text.slice(0, 3000)}\n${exporter.process.output().slice(read)}`);

const shown = (requests: readonly FuzzRequest[], answers: readonly Buffer[]): string =>
  `${requests.map((request) => JSON.stringify(request)).join("\n")}\n${answers.map((one) => JSON.stringify(one.toString("latin1"))).join("\n")}`;
