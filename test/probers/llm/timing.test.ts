import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/core/clock.ts";
import { exactly } from "../../../src/core/precision.ts";
import { seconds } from "../../../src/core/units.ts";
import { addPiece, emptyAnswer, tokenSpeed } from "../../../src/probers/llm/answer/answer.ts";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import { manualClock } from "../../helpers/clock.ts";
import { waitUntil } from "../../helpers/process.ts";
import { ask, delta, events, reasonOf, serve, usage, valueOf } from "./support.ts";

const FIRST = 0.12;
const GAP = 0.01;
const STALL = 0.3;
const TOKENS = 20;

/** A token, and its time in seconds from the arrival of the request. */
interface PlannedToken {
  readonly at: number;
  readonly fields: object;
}

/**
 * Starts a server that sends tokens at planned times of a clock that only it moves. It moves the clock when the prober
 * has read the time of everything sent before, so that measured times are exact however busy the machine is.
 *
 * @param after how far the clock moves after the last token, before the answer ends
 */
async function paced(
  plan: readonly PlannedToken[],
  after = 0,
): Promise<{ readonly address: string; readonly clock: Clock }> {
  const manual = manualClock();
  let reads = 0;
  const clock: Clock = {
    ...manual,
    monotonic() {
      reads += 1;
      return manual.monotonic();
    },
    arrival() {
      reads += 1;
      return manual.arrival();
    },
  };
  const address = await serve((response) => {
    const send = async (write: () => void): Promise<void> => {
      const before = reads;
      write();
      await waitUntil("the prober to read the clock", () => reads > before || undefined);
    };
    void (async () => {
      let now = 0;
      response.writeHead(200, { "content-type": "text/event-stream" });
      await send(() => response.flushHeaders());
      for (const { at, fields } of plan) {
        manual.advance(seconds(at - now));
        now = at;
        await send(() => void response.write(events(delta(fields))));
      }
      manual.advance(seconds(after));
      response.end(events(delta({}, "stop"), usage({ completion_tokens: plan.length }), "[DONE]"));
    })();
  });
  return { address, clock };
}

test("times are those at which the server sent", async () => {
  const gaps = Array.from({ length: TOKENS - 1 }, (_, i) => (i === 9 ? STALL : GAP));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  let at = FIRST;
  const plan = [FIRST, ...gaps.map((gap) => (at += gap))].map((at, i) => ({
    at,
    fields: { content: i === 0 ? "HEALTHY" : " x" },
  }));
  const { address, clock } = await paced(plan);
  const result = await ask(address, { clock });

  expect(valueOf(result, llmMetrics.firstToken)).toBeCloseTo(FIRST, 9);
  expect(valueOf(result, llmMetrics.firstOutputToken)).toBeCloseTo(FIRST, 9);
  expect(valueOf(result, llmMetrics.interToken)).toBeCloseTo(total / (TOKENS - 1), 9);
  expect(valueOf(result, llmMetrics.maxStall)).toBeCloseTo(STALL, 9);
  expect(valueOf(result, llmMetrics.tokensPerSecond)).toBeCloseTo((TOKENS - 1) / total, 6);
});

const details = [{ type: "reasoning.text", text: "Hm." }];
test.each<{ name: string; fields: object }>([
  { name: "reasoning", fields: { reasoning: "Hm." } },
  { name: "reasoning_details", fields: { content: "", reasoning_details: details } },
  { name: "reasoning_details beside reasoning", fields: { reasoning: "Hm.", reasoning_details: details } },
  { name: "encrypted details", fields: { reasoning_details: [{ type: "reasoning.encrypted", data: "A" }] } },
  {
    name: "parts of the content",
    fields: { content: [{ type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] }] },
  },
])("the first token of the answer comes after $name", async ({ fields }) => {
  const { address, clock } = await paced([
    { at: 0.05, fields: { role: "assistant", content: null } },
    { at: 0.1, fields },
    { at: 0.2, fields: { content: "HEALTHY" } },
  ]);
  const result = await ask(address, { clock });
  expect(valueOf(result, llmMetrics.firstToken)).toBeCloseTo(0.1, 9);
  expect(valueOf(result, llmMetrics.firstOutputToken)).toBeCloseTo(0.2, 9);
});

test("silence that ends a probe counts as a stall", async () => {
  const plan = [
    { at: 0, fields: { content: "HEAL" } },
    { at: 0.19, fields: { content: "THY" } },
  ];
  const { address, clock } = await paced(plan, 0.2);
  const result = await ask(address, { clock, options: { stall_timeout: "200ms" } });
  expect(reasonOf(result)).toBe("stalled");
  expect(valueOf(result, llmMetrics.maxStall)).toBeCloseTo(0.2, 9);
});

describe("tokenSpeed", () => {
  const speedOf = (times: readonly number[], tokens?: number): ReturnType<typeof tokenSpeed> => {
    const answer = emptyAnswer();
    for (const at of times)
      addPiece(answer, { kind: "text", part: "output", text: "x" }, exactly(seconds(at)));
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
