import { join } from "node:path";
import { expect, it } from "vitest";
import { followRoute, type RouteFollower } from "../../src/client/index.ts";
import { startExporter } from "../helpers/exporter.ts";
import { startLlama } from "../helpers/llama.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { HEALTHY_PIECES, writeTinyModel } from "../helpers/tiny-model.ts";

/** Interval, timeout and threshold of the probes, in milliseconds. */
const INTERVAL = 1000;
const TIMEOUT = 900;
const FAILURES = 2;

/** Time between two calls of the application, and its patience. */
const PACE = 100;
const PATIENCE = 1000;

/** A call of the application: when it began, and whether the right answer came. */
interface Call {
  readonly at: number;
  readonly ok: boolean;
}

/** An application that calls a model every 100 ms until it is stopped. */
function startCalling(address: () => string | undefined) {
  const calls: Promise<Call>[] = [];
  const call = async (): Promise<Call> => {
    const at = performance.now();
    try {
      const response = await fetch(`${address()}/chat/completions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "Are you well?" }], max_tokens: 8 }),
        signal: AbortSignal.timeout(PATIENCE),
      });
      const text = await response.text();
      return { at, ok: response.ok && text.includes(HEALTHY_PIECES.join("")) };
    } catch {
      return { at, ok: false };
    }
  };
  const timer = setInterval(() => calls.push(call()), PACE);
  return {
    /** Waits until so many more calls have begun. */
    more(count: number) {
      const wanted = calls.length + count;
      return waitUntil(`${wanted} calls`, () => calls.length >= wanted || undefined);
    },
    stop(): Promise<readonly Call[]> {
      clearInterval(timer);
      return Promise.all(calls);
    },
  };
}

it("an application that follows a route loses only the calls until the exporter has seen a failure", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, answer: readonly string[]): Promise<string> => {
    const model = join(folder.path, name);
    await writeTinyModel(model, { answer });
    return model;
  };
  const right = await write("right.gguf", HEALTHY_PIECES);
  const wrong = await write("wrong.gguf", ["UN", "WE", "LL"]);
  await using first = await startLlama({ model: right });
  await using second = await startLlama({ model: wrong });
  await using third = await startLlama({ model: right });
  const targets = [first, second, third].map(
    ({ url }, i) =>
      `  - { name: model-${i + 1}, module: chat, target: "${url}/v1", interval: ${INTERVAL}ms, failure_threshold: ${FAILURES}, failover: true }\n`,
  );
  await using exporter = await startExporter({
    yaml: `modules: { chat: { prober: llm, timeout: ${TIMEOUT}ms, llm: { api: openai, expect: { word: HEALTHY } } } }
targets:
${targets.join("")}routes: [{ name: chat, order: [model-1, model-2, model-3], prefer_back_after: 2s, min_dwell: 1s }]
`,
  });
  using route: RouteFollower = followRoute(exporter.url, "chat");
  const uses = (member: string) =>
    waitUntil(`the route to use ${member}`, () =>
      route.current().use === member && !route.current().stale ? true : undefined,
    );
  await uses("model-1");

  const routedApp = startCalling(() => route.current().address ?? undefined);
  const fixedApp = startCalling(() => `${first.url}/v1`);
  await routedApp.more(10);
  const stoppedAt = performance.now();
  first.process.kill("SIGSTOP");
  await uses("model-3");
  const changedAt = performance.now();
  await routedApp.more(30);
  first.process.kill("SIGCONT");
  await uses("model-1");
  third.process.kill("SIGKILL");
  await routedApp.more(10);

  const routed = await routedApp.stop();
  const fixed = await fixedApp.stop();
  const lost = routed.filter(({ ok }) => !ok);
  // The calls in flight when the model stopped, and those until the route had changed. None went to the wrong model.
  for (const { at } of lost) {
    expect(at).toBeGreaterThan(stoppedAt - PATIENCE);
    expect(at).toBeLessThan(changedAt);
  }
  const bound = FAILURES * INTERVAL + TIMEOUT;
  expect(changedAt - stoppedAt).toBeLessThan(bound + 2000);
  expect(lost.length).toBeLessThan(fixed.filter(({ ok }) => !ok).length);
  const text = await exporter.get("/metrics");
  expect(text).toContain('heartbeat_route_usable{route="chat",target="model-2"} 0');
  expect(text).toContain('heartbeat_route_changes_total{route="chat"} 2');
});
