import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";

const TOKEN = "control-token-of-the-test";

/** A response of the server. */
interface Reply {
  readonly status: number;
  readonly body: string;
}

const json = (body: object, status = 200): Reply => ({ status, body: JSON.stringify(body) });
const stream = (...data: readonly object[]): Reply => ({
  status: 200,
  body: `${data.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("")}data: [DONE]\n\n`,
});

const HEALTHY = json({ choices: [{ message: { content: "HEALTHY" }, finish_reason: "stop" }] });
const BROKEN = json({ error: { message: "x" } }, 500);
const WORDS = json({ error: { message: "Your balance is used up", type: "invalid_request_error" } }, 400);
const RESULTS = [{ prompt_index: 0, content_filter_results: { hate: { filtered: true } } }];

const FILTERED: Readonly<Record<string, Reply>> = {
  "400 content_filter": json({ error: { message: "x", code: "content_filter", param: "prompt" } }, 400),
  "no choices": json({ choices: [], prompt_filter_results: RESULTS }),
  "no choices, streamed": stream({ choices: [], prompt_filter_results: RESULTS }),
  "moderation of OpenRouter": json(
    { error: { code: 403, message: "x", metadata: { reasons: ["hate"], flagged_input: "..." } } },
    403,
  ),
};

/** Starts a server whose replies the test sets. */
async function startModel(): Promise<{ url: string; answer: (reply: Reply) => void } & AsyncDisposable> {
  let reply = HEALTHY;
  const server = createServer((request, response) => {
    void text(request).then(() => response.writeHead(reply.status).end(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answer: (next) => {
      reply = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const start = (modules: string, targets: readonly string[]): Promise<ExporterProcess> =>
  startExporter({
    yaml: `control: { token_file: token }
modules:
${modules}
targets:
${targets.map((target) => `  - { ${target}, schedule: on_scrape, interval: 1h, failover: {} }`).join("\n")}
`,
    files: { token: TOKEN },
  });

/** Probes a target now and returns what is known of it. */
async function probe(exporter: ExporterProcess, target: string) {
  const response = await fetch(`${exporter.url}/heartbeat/trigger?target=${target}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  expect(response.ok).toBe(true);
  const metrics = await exporter.get("/metrics");
  const mode = await exporter.json(`/config/mode?target=${target}`);
  const reasons = ["refused", "billing", "bad_request", "model_not_found", "server_error"];
  return {
    mode: mode["current_mode"],
    available: valueOf(metrics, "heartbeat_model_available", { target }),
    correct: valueOf(metrics, "probe_llm_answer_correct", { target }),
    failures: valueOf(metrics, "heartbeat_consecutive_failures", { target }),
    reason: reasons.find((reason) => valueOf(metrics, "probe_failure_reason", { target, reason }) === 1),
  };
}

describe("a prompt that a filter refuses", () => {
  it.each(Object.entries(FILTERED))("does not judge the model: %s", async (_name, filtered) => {
    await using model = await startModel();
    await using exporter = await start("  chat: { prober: llm, llm: { api: openai, model: m } }", [
      `name: one, module: chat, target: "${model.url}"`,
    ]);
    model.answer(filtered);
    const refused = { reason: "refused", correct: undefined };
    expect(await probe(exporter, "one")).toMatchObject({ ...refused, available: undefined, failures: 1 });
    model.answer(HEALTHY);
    expect(await probe(exporter, "one")).toMatchObject({ available: 1, failures: 0, reason: undefined });
    model.answer(filtered);
    expect(await probe(exporter, "one")).toMatchObject({ ...refused, available: 1, failures: 1 });
    model.answer(BROKEN);
    expect(await probe(exporter, "one")).toMatchObject({ available: 0, failures: 2 });
    model.answer(filtered);
    // The target still fails, as no application would get an answer.
    expect(await probe(exporter, "one")).toMatchObject({
      ...refused,
      available: 0,
      failures: 3,
      mode: "fallback",
    });
  });
});

describe("a refusal that only words tell from an invalid request", () => {
  const rule = `, reasons: [{ status: 400, body: "balance is used up", reason: billing }]`;
  it.each([
    { name: "does not count before the first success", rules: "", reason: "bad_request", counts: false },
    {
      name: "counts from the first probe if the module maps it",
      rules: rule,
      reason: "billing",
      counts: true,
    },
  ])("$name", async ({ rules, reason, counts }) => {
    await using model = await startModel();
    await using exporter = await start(`  chat: { prober: llm, llm: { api: openai, model: m${rules} } }`, [
      `name: one, module: chat, target: "${model.url}"`,
    ]);
    model.answer(WORDS);
    for (const probes of [1, 2, 3]) {
      expect(await probe(exporter, "one")).toMatchObject({
        reason,
        failures: counts ? probes : 0,
        mode: counts && probes === 3 ? "fallback" : "primary",
      });
    }
  });
});

describe("a target without a model", () => {
  it("works at a server with one model, and counts failures of a server that wants one", async () => {
    await using model = await startModel();
    await using exporter = await start("  chat: { prober: llm, llm: { api: openai } }", [
      `name: one, module: chat, target: "${model.url}"`,
      `name: two, module: chat, target: "${model.url}/"`,
    ]);
    expect(await probe(exporter, "one")).toMatchObject({ reason: undefined, available: 1 });
    model.answer(
      json({ error: { message: "you must provide a model", type: "invalid_request_error" } }, 400),
    );
    for (const failures of [1, 2, 3]) {
      const mode = failures < 3 ? "primary" : "fallback";
      expect(await probe(exporter, "two")).toMatchObject({ reason: "model_not_found", failures, mode });
    }
    const log = await exporter.get("/probe?target=two&debug=true");
    expect(log).toContain("the request names no model (option model)");
  });
});
