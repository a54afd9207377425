import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { Metric, Sample } from "../../../src/core/metric.ts";
import type { CompileContext, ProbeContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import { Secret } from "../../../src/core/secret.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { createExposition } from "../../../src/metrics/exposition.ts";
import { resultSamples } from "../../../src/metrics/results.ts";
import { createResolver } from "../../../src/network/resolver.ts";
import { newValues, type PromptValues } from "../../../src/probers/llm/judge/prompt.ts";
import type { LlmModule } from "../../../src/probers/llm/options.ts";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import type { LlmOptions } from "../../../src/probers/llm/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import type { SystemLookup } from "../../../src/probers/network/resolve.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** Options of a module; `api` defaults to `openai`. */
export type Options = Omit<LlmOptions, "api"> & Partial<Pick<LlmOptions, "api">>;

/** The result of `compile`: a module, and what it reported. */
export interface Compiled {
  readonly module: LlmModule;
  /** In the form `path: got X, want Y`. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Compiles options; `files` has the contents of secret files. */
export function compile(options: Options = {}, files: Record<string, string> = {}): Compiled {
  const problems: string[] = [];
  const warnings: string[] = [];
  const context: CompileContext = {
    problem: (path, got, want) => void problems.push(`${path.join(".")}: got ${got}, want ${want}`),
    warn: (path, warning) => void warnings.push(`${path.join(".")}: ${warning}`),
    unsupported: () => undefined,
    secretFile: (file) =>
      new Secret(async () => {
        const content = files[file];
        if (content === undefined) throw new Error(`cannot read ${file}`);
        return content;
      }),
    resolvePath: (file) => file,
    environment: {},
    metricNames: new Set(),
  };
  return { module: llmProber.compile({ api: "openai", ...options }, context), problems, warnings };
}

/** Judges a text as the answer to a module's first prompt. Returns the violations. */
export const judgeText = (
  module: LlmModule,
  output: string,
  values: PromptValues = newValues(),
): readonly string[] => module.questions.first.judge.violations({ output, toolCalls: [] }, values);

export interface Question {
  /** A compiled module, instead of options. */
  readonly module?: LlmModule;
  readonly options?: Options;
  readonly target?: Partial<ProbeTarget>;
  readonly files?: Record<string, string>;
  /** Milliseconds until the deadline. */
  readonly timeout?: number;
  /** A deadline, instead of a timeout. */
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
  readonly clock?: Clock;
  /** Content of a hosts file with all names that there are, instead of the resolver of the machine. */
  readonly hosts?: string;
}

const checked = checkedProber(llmProber);

/** Probes `address` once, as the engine would. */
export async function ask(address: string, question: Question = {}): Promise<ProbeResult> {
  const { module, problems } = compile(question.options, question.files);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const target = { address, configured: true, model: "gpt-4o-mini", ...question.target };
  const signal = question.signal ?? AbortSignal.timeout(question.timeout ?? 60_000);
  const options = question.module ?? module;
  const clock = question.clock ?? systemClock;
  const allowedTargets = question.options?.allowed_targets;
  const probed = { prober: llmProber, options, ...defined({ allowedTargets }) };
  return checked.probe(target, options, {
    signal,
    clock,
    log: question.log ?? (() => undefined),
    memory: createMemory().namespace("test"),
    network: openNetwork(
      probed,
      target,
      signal,
      clock,
      question.hosts === undefined ? undefined : await hostsLookup(question.hosts),
    ),
  });
}

/** Makes a lookup from a hosts file that it has already read, so that names are known at once. */
async function hostsLookup(hosts: string): Promise<SystemLookup> {
  await using folder = await temporaryFolder();
  const resolver = createResolver(systemClock, { hostsFile: await folder.write("hosts", hosts) });
  await resolver.resolve("localhost");
  return (host, options, done) =>
    resolver.lookup(host, options, (error, addresses) =>
      done(error, Array.isArray(addresses) ? addresses : []),
    );
}

export type Reply = (response: ServerResponse, body: string, request: IncomingMessage) => void;

/** Starts a server on loopback that answers every request by `reply`, until the end of the test. */
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

/** Starts a server on a free port, until the end of the test. Returns its URL. */
export async function listen(server: Listening): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections?.();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Returns server-sent events with these data. */
export const events = (...data: readonly unknown[]): string =>
  data.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`).join("");

/** Returns one chunk of a streamed answer. */
export const delta = (fields: object, finish: string | null = null): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});

/** Returns the last chunk, which has token counts and no choices. */
export const usage = (counts: object): object => ({
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [],
  usage: counts,
});

/** Returns a whole answer. */
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

/** Returns the value of a series, or `undefined` if the result does not have it. */
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

/** Returns the reason of a failure, or `ok`. */
export const reasonOf = (result: ProbeResult): string => (result.outcome.ok ? "ok" : result.outcome.reason);

/** Returns the detail of a failure, or an empty text. */
export const detailOf = (result: ProbeResult): string => (result.outcome.ok ? "" : result.outcome.detail);

/** Renders the exposition of a result, with measured times masked. */
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
