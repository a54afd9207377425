import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import type { Metric } from "../../../src/core/metric.ts";
import { seconds } from "../../../src/core/units.ts";
import { addPiece, emptyAnswer, tokenSpeed } from "../../../src/probers/llm/answer/answer.ts";
import { ask, delta, events, serve, streamed, usage, valueOf } from "./support.ts";

/** Accepted error of a measured time, in seconds. */
const TOLERANCE = 0.03;
/** Other load on the machine may delay any of these tests, but hardly three times in a row. */
const BUSY = { retry: 2 };

const FIRST = 0.12;
const GAP = 0.01;
const STALL = 0.3;
const TOKENS = 20;

/** A server, and the times at which it sent each token, in seconds of `performance.now`. */
interface Sent {
  readonly address: string;
  readonly times: readonly number[];
}

/** Starts a server that sends tokens at times relative to the arrival of the request, so that delays do not add up. */
async function paced(plan: readonly { readonly at: number; readonly fields: object }[]): Promise<Sent> {
  const times: number[] = [];
  const address = await serve((response) => {
    const start = performance.now();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    void (async () => {
      for (const { at, fields } of plan) {
        await sleep(Math.max(0, at * 1000 - (performance.now() - start)));
        times.push(performance.now() / 1000);
        response.write(events(delta(fields)));
      }
      response.end(events(delta({}, "stop"), usage({ completion_tokens: plan.length }), "[DONE]"));
    })();
  });
  return { address, times };
}

test("measured times are those at which the server sent tokens", BUSY, async () => {
  const gaps = Array.from({ length: TOKENS - 1 }, (_, i) => (i === 9 ? STALL : GAP));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  let at = FIRST;
  const plan = [FIRST, ...gaps.map((gap) => (at += gap))].map((at, i) => ({
    at,
    fields: { content: i === 0 ? "HEALTHY" : " x" },
  }));
  // The first probe of a process is slower, because its code is compiled.
  await ask(await serve(streamed(events(delta({ content: "HEALTHY" }, "stop"), "[DONE]"))));
  const { address, times } = await paced(plan);
  const start = performance.now() / 1000;
  const result = await ask(address);

  const sent = (i: number): number => times[i] ?? Number.NaN;
  const sentGaps = times.slice(1).map((time, i) => time - sent(i));
  const rows: readonly [name: string, metric: Metric, nominal: number, real: number][] = [
    ["first token", catalogue.llmFirstToken, FIRST, sent(0) - start],
    ["first output token", catalogue.llmFirstOutputToken, FIRST, sent(0) - start],
    [
      "inter-token latency",
      catalogue.llmInterToken,
      total / (TOKENS - 1),
      (sent(TOKENS - 1) - sent(0)) / (TOKENS - 1),
    ],
    ["longest stall", catalogue.llmMaxStall, STALL, Math.max(...sentGaps)],
  ];
  for (const [name, metric, nominal, real] of rows) {
    const measured = valueOf(result, metric) ?? Number.NaN;
    const off = (than: number): string => `${((measured - than) * 1000).toFixed(2)} ms`;
    console.log(`${name}: ${off(nominal)} from the plan, ${off(real)} from the time of sending`);
    expect({ name, close: Math.abs(measured - nominal) < TOLERANCE }).toEqual({ name, close: true });
    expect({ name, close: Math.abs(measured - real) < TOLERANCE }).toEqual({ name, close: true });
  }
  const perSecond = valueOf(result, catalogue.llmTokensPerSecond) ?? Number.NaN;
  expect(perSecond * (valueOf(result, catalogue.llmInterToken) ?? Number.NaN)).toBeCloseTo(1);
});

test("the first output token comes after reasoning", BUSY, async () => {
  const { address, times } = await paced([
    { at: 0.05, fields: { role: "assistant", content: null } },
    { at: 0.1, fields: { reasoning: "Hm." } },
    { at: 0.2, fields: { content: "HEALTHY" } },
  ]);
  const start = performance.now() / 1000;
  const result = await ask(address);
  const [, reasoning = Number.NaN, output = Number.NaN] = times;
  expect(Math.abs((valueOf(result, catalogue.llmFirstToken) ?? 0) - (reasoning - start))).toBeLessThan(
    TOLERANCE,
  );
  expect(Math.abs((valueOf(result, catalogue.llmFirstOutputToken) ?? 0) - (output - start))).toBeLessThan(
    TOLERANCE,
  );
});

test("the silence at the end of a stalled probe counts as a stall", BUSY, async () => {
  const { address } = await paced([
    { at: 0, fields: { content: "HEAL" } },
    { at: 5, fields: { content: "THY" } },
  ]);
  const result = await ask(address, { options: { stall_timeout: "200ms" } });
  const stall = valueOf(result, catalogue.llmMaxStall) ?? Number.NaN;
  expect(stall).toBeGreaterThanOrEqual(0.2);
  expect(stall).toBeLessThan(0.2 + TOLERANCE);
});

describe("tokenSpeed", () => {
  const speedOf = (times: readonly number[], tokens?: number): ReturnType<typeof tokenSpeed> => {
    const answer = emptyAnswer();
    for (const at of times) addPiece(answer, { kind: "text", part: "output", text: "x" }, seconds(at));
    if (tokens !== undefined) addPiece(answer, { kind: "usage", usage: { output: tokens } });
    return tokenSpeed(answer);
  };
  test.each([
    { name: "counts pieces", times: [1, 2, 3], tokens: undefined, latency: 1, perSecond: 1 },
    { name: "prefers the token count of the API", times: [1, 2, 3], tokens: 5, latency: 0.5, perSecond: 2 },
    { name: "is unknown for one piece", times: [1], tokens: 5, latency: undefined, perSecond: undefined },
    {
      name: "is unknown if all pieces arrive at once",
      times: [1, 1, 1],
      tokens: 5,
      latency: undefined,
      perSecond: undefined,
    },
    { name: "is unknown without pieces", times: [], tokens: 5, latency: undefined, perSecond: undefined },
    {
      name: "is unknown for one token in two pieces",
      times: [1, 2],
      tokens: 1,
      latency: undefined,
      perSecond: undefined,
    },
  ])("$name", ({ times, tokens, latency, perSecond }) => {
    const speed = speedOf(times, tokens);
    expect(speed.interTokenLatency).toBe(latency);
    expect(speed.tokensPerSecond).toBe(perSecond);
  });
});
