import type { IncomingMessage, ServerResponse } from "node:http";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttps } from "../helpers/http-targets.ts";

/** How a server answers. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/**
 * An exporter and the servers that it probes. `page`, `detailed`, `model`, `examined` and `broke` have every option that adds
 * series, the other targets some of them.
 */
export interface FullestTargets extends AsyncDisposable {
  readonly exporter: ExporterProcess;
  /** Probes a target now. From now on its server answers it as given, by default as it should. */
  probe(target: string, answer?: Answer): Promise<void>;
}

const TOKEN = "token-of-the-test";

/** The page as it should be, for a module that degrades answers with `slow`, and fails those with `wrong`. */
const page: Answer = (response) => {
  response.setHeader("Last-Modified", new Date(0).toUTCString()).end("{}");
};

/** Answers of a web server for which the module fails, each for another reason. */
export const FAILING_PAGES: Readonly<Record<string, Answer>> = {
  http_status: (response) => void response.writeHead(500).end("{}"),
  body_mismatch: (response) => void response.end('"wrong"'),
  too_large: (response) => void response.end("x".repeat(5000)),
  redirect: (response, request) => void response.writeHead(302, { Location: request.url }).end(),
  network: (_response, request) => void request.socket.destroy(),
  header_mismatch: (response) => void response.setHeader("X-Wrong", "yes").end("{}"),
};

const chunk = (body: object): string => `data: ${JSON.stringify({ model: "m", choices: [], ...body })}\n\n`;
const piece = (delta: object, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta, finish_reason: finish }] });

const USAGE = {
  prompt_tokens: 5,
  completion_tokens: 4,
  prompt_tokens_details: { cached_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

/** Makes an answer that streams this text behind a gateway that reports all that gateways do. */
const stream =
  (text: string, finish = "stop"): Answer =>
  (response) => {
    for (const kind of ["requests", "tokens"]) {
      response.setHeader(`x-ratelimit-remaining-${kind}`, "9");
      response.setHeader(`x-ratelimit-reset-${kind}`, "1s");
    }
    response.setHeader("x-litellm-model-id", "primary").setHeader("x-litellm-attempted-fallbacks", "0");
    response.setHeader("x-litellm-attempted-retries", "0");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const pieces = [
      piece({ reasoning_content: "hm" }),
      piece({ content: text.slice(0, 2) }),
      piece({ content: text.slice(2) }),
      `${piece({}, finish)}${chunk({ usage: USAGE })}data: [DONE]\n\n`,
    ];
    const send = (): void => {
      const next = pieces.shift();
      if (next === undefined) return void response.end();
      response.write(next);
      setTimeout(send, 20);
    };
    send();
  };

const healthy = stream("HEALTHY");

const refusal =
  (status: number, message: string): Answer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ error: { message } }));
  };

/** Answers of a model for which the module fails, each for another reason. */
export const FAILING_ANSWERS: Readonly<Record<string, Answer>> = {
  auth: refusal(401, "invalid key"),
  billing: refusal(402, "no credit"),
  server_error: refusal(500, "broken"),
  content_mismatch: stream("UNWELL"),
  truncated: stream("HEAL", "length"),
  malformed: (response) => void response.end("<html>"),
};

/** Options of a target that add series. */
const EVERY =
  "failover: true, expected_duration: 1s, interval: 1h, failure_threshold: 1, labels: { team: web }";
const PAID = `${EVERY}, model: m, budget: { tokens: 1000000, dollars: 10, per: day }`;

const yaml = (web: number, model: number): string => `
control: { token_file: token }
prices: { m: { input: 1, output: 1 } }
maintenance: [{ name: night, targets: [page, detailed, model, examined, broke], once: { from: 2099-01-01T00:00:00Z, to: 2099-01-02T00:00:00Z } }]
modules:
  plain: { prober: http, timeout: 30s, http: &plain { preferred_ip_protocol: ip4, tls_config: { ca_file: ca.pem } } }
  page:
    prober: http
    timeout: 30s
    http: &page
      preferred_ip_protocol: ip4
      tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }
      body_size_limit: 1KB
      fail_if_body_json_matches_cel: "false"
      fail_if_body_matches_regexp: [wrong]
      fail_if_header_matches: [{ header: X-Wrong, regexp: ".", allow_missing: true }]
      degraded_if_body_matches_regexp: [slow]
  detailed: { prober: http, timeout: 30s, probe_details: true, http: *page }
  untrusted: { prober: http, timeout: 30s, http: { preferred_ip_protocol: ip4 } }
  simple: { prober: llm, timeout: 30s, llm: { api: openai, tls_config: { ca_file: ca.pem } } }
  chat:
    prober: llm
    timeout: 30s
    llm: &chat
      api: openai
      cold_start: { after: 5m }
      tiers: { health: { path: /health, interval: 1s }, ready: { path: /ready, interval: 1s } }
      tls_config: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem }
  cold: { prober: llm, timeout: 30s, llm: { api: openai, cold_start: { after: 5m } } }
  examined: { prober: llm, timeout: 30s, probe_details: true, llm: *chat }
targets:
  - { name: minimal, module: plain, target: "https://localhost:${web}/minimal" }
  - { name: page, module: page, target: "https://localhost:${web}/page", ${EVERY} }
  - { name: detailed, module: detailed, target: "https://localhost:${web}/detailed", ${EVERY} }
  - { name: closed, module: page, target: "https://localhost:1/", failover: true, interval: 1h, failure_threshold: 1 }
  - { name: untrusted, module: untrusted, target: "https://localhost:${web}/untrusted", expected_duration: 1s, failure_threshold: 1 }
  - { name: simple, module: simple, target: "https://localhost:${model}/simple/v1", model: m }
  - { name: model, module: chat, target: "https://localhost:${model}/model/v1", ${PAID} }
  - { name: examined, module: examined, target: "https://localhost:${model}/examined/v1", ${PAID} }
  - { name: away, module: cold, target: "https://localhost:1/v1", model: m, failure_threshold: 1, budget: { tokens: 10000, per: day } }
  - { name: broke, module: chat, target: "https://localhost:${model}/broke/v1", ${PAID.replace("1000000", "1")} }
`;

/** Starts the servers and the exporter. */
export async function startFullestTargets(): Promise<FullestTargets> {
  await using resources = new AsyncDisposableStack();
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1", "DNS:localhost"] });
  /** Answers by target, which the first part of a path names. The others are answered as they should be. */
  const answers = new Map<string, Answer>();
  const answerFor = ({ url = "" }: IncomingMessage): Answer | undefined =>
    answers.get(url.split("/")[1] ?? "");
  const web = resources.use(
    await serveHttps({ cert, key }, (request, response) => (answerFor(request) ?? page)(response, request)),
  );
  const model = resources.use(
    await serveHttps({ cert, key }, (request, response) => {
      request.resume();
      if (request.method === "GET") response.end("ok");
      else (answerFor(request) ?? healthy)(response, request);
    }),
  );
  const exporter = resources.use(
    await startExporter({
      yaml: yaml(web.port, model.port),
      files: { "ca.pem": cert, "key.pem": key, token: TOKEN },
    }),
  );
  const owned = resources.move();
  return {
    exporter,
    async probe(target, answer) {
      if (answer === undefined) answers.delete(target);
      else answers.set(target, answer);
      const url = `${exporter.url}/heartbeat/trigger?target=${target}`;
      const response = await fetch(url, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });
      if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
