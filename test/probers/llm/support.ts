import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { Metric, Sample } from "../../../src/core/metric.ts";
import type { CompileContext, ProbeContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import { Secret } from "../../../src/core/secret.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { createExposition } from "../../../src/metrics/exposition.ts";
import { resultSamples } from "../../../src/metrics/page.ts";
import { newValues, type PromptValues } from "../../../src/probers/llm/judge/prompt.ts";
import type { LlmModule } from "../../../src/probers/llm/options.ts";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import type { LlmOptions } from "../../../src/probers/llm/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";

/** Options of a module; the API is `openai` where nothing is said. */
export type Options = Omit<LlmOptions, "api"> & Partial<Pick<LlmOptions, "api">>;

/** What `compile` made of options, and what it said. */
export interface Compiled {
  readonly module: LlmModule;
  /** `path: got X, want Y` */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Compiles options; a file of a secret holds what `files` says. */
export function compile(options: Options = {}, files: Record<string, string> = {}): Compiled {
  const problems: string[] = [];
  const warnings: string[] = [];
  const context: CompileContext = {
    problem: (path, got, want) => void problems.push(`${path.join(".")}: got ${got}, want ${want}`),
    warn: (path, warning) => void warnings.push(`${path.join(".")}: ${warning}`),
    secretFile: (file) =>
      new Secret(async () => {
        const content = files[file];
        if (content === undefined) throw new Error(`cannot read ${file}`);
        return content;
      }),
    resolvePath: (file) => file,
    environment: {},
  };
  return { module: llmProber.compile({ api: "openai", ...options }, context), problems, warnings };
}

/** Judges a text, as an answer to the only prompt of a module. */
export const judgeText = (
  module: LlmModule,
  output: string,
  values: PromptValues = newValues(),
): readonly string[] => module.questions.first.judge.broken({ output, toolCalls: [] }, values);

export interface Question {
  /** Instead of options: a module to be used again. */
  readonly module?: LlmModule;
  readonly options?: Options;
  readonly target?: Partial<ProbeTarget>;
  readonly files?: Record<string, string>;
  /** Milliseconds until the deadline. */
  readonly timeout?: number;
  /** Instead of a timeout. */
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
}

/** Probes `address` once, as the engine would. */
export async function ask(address: string, question: Question = {}): Promise<ProbeResult> {
  const { module, problems } = compile(question.options, question.files);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const target = { address, configured: true, model: "gpt-4o-mini", ...question.target };
  const signal = question.signal ?? AbortSignal.timeout(question.timeout ?? 10_000);
  const options = question.module ?? module;
  const allowedTargets = question.options?.allowed_targets;
  const probed = { prober: llmProber, options, ...defined({ allowedTargets }) };
  return llmProber.probe(target, options, {
    signal,
    clock: systemClock,
    log: question.log ?? (() => undefined),
    memory: createMemory().namespace("test"),
    network: openNetwork(probed, target, signal, systemClock),
  });
}

export type Reply = (response: ServerResponse, body: string, request: IncomingMessage) => void;

/** A server on loopback that does to every request what `reply` says, until the test is over. */
export async function serve(reply: Reply): Promise<string> {
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    void text(request).then((body) => reply(response, body, request));
  });
  return listen(server);
}

interface Listening {
  listen(port: number, host: string, ready: () => void): unknown;
  close(): unknown;
  closeAllConnections?(): void;
  address(): AddressInfo | string | null;
}

/** Starts any server of HTTP's kind on a free port; it ends with the test. */
export async function listen(server: Listening): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections?.();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Server-sent events with these objects as their data. */
export const events = (...data: readonly unknown[]): string =>
  data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("");

/** One chunk of a streamed answer. */
export const delta = (fields: object, finish: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});

/** The last chunk, whose choices are empty. */
export const usage = (counts: object): object => ({
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [],
  usage: counts,
});

/** An answer in one piece. */
export const completion = (content: unknown, finish = "stop", more: object = {}): object => ({
  object: "chat.completion",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, message: { role: "assistant", content, ...more }, finish_reason: finish }],
  usage: { prompt_tokens: 14, completion_tokens: 3 },
});

/** Answers with `body` as a stream. */
export const streamed =
  (body: string): Reply =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(body);
  };

/** Answers with `body` as JSON. */
export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** The value of the series of `metric`, or `undefined` when there is none. */
export function valueOf(
  result: ProbeResult,
  metric: Metric,
  labels: Record<string, string> = {},
): number | undefined {
  const fits = (sample: Sample): boolean =>
    sample.metric.name === metric.name &&
    Object.entries(labels).every(([name, value]) => sample.labels?.[name] === value);
  return result.samples.find(fits)?.value;
}

/** Reason of a failure, or `ok`. */
export const reasonOf = (result: ProbeResult): string => (result.outcome.ok ? "ok" : result.outcome.reason);

/** Detail of a failure, or nothing. */
export const detailOf = (result: ProbeResult): string => (result.outcome.ok ? "" : result.outcome.detail);

/** What a scrape of this result shows, with measured times masked. */
export function maskedExposition(result: ProbeResult): string {
  const exposition = createExposition();
  const at = timestamp(0);
  const envelope = { id: 1, startedAt: at, endedAt: at, duration: seconds(1), timeout: seconds(10), log: [] };
  exposition.add(resultSamples({ ...result, ...envelope }, seconds(0)));
  const measured = /^(probe_llm_\w+_(?:seconds|per_second)(?:\{.*\})?) .*$/gm;
  return exposition
    .text()
    .replaceAll(/^# HELP .*\n/gm, "")
    .replace(measured, "$1 <measured>");
}
