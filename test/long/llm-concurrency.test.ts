import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { ProbeResult } from "../../src/core/prober.ts";
import { llmMetrics } from "../../src/probers/llm/metrics.ts";
import { startPacedServer } from "../probers/llm/paced-server.ts";
import { ask, compile, detailOf, valueOf } from "../probers/llm/support.ts";

const PROBES = 200;
/** Milliseconds between the starts of two probes, and between their first tokens: an exporter spreads them too. */
const APART = 10;
const GAP = 10;
const STALL = 300;
const TOKENS = 20;
const gaps = Array.from({ length: TOKENS - 1 }, (_, i) => (i === 9 ? STALL : GAP));

/** Milliseconds by which half of the measured times may be off; the other half shows what else the machine does. */
const TOLERANCE = 10;

const median = (values: readonly number[]): number => share(0.5, values);
const share = (part: number, values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? Number.NaN;

/** Measures, until the returned function is called, by how many milliseconds timers of this process are late. */
function watchTimers(): () => readonly number[] {
  const late: number[] = [];
  let due = performance.now() + GAP;
  const timer = setInterval(() => {
    late.push(Math.max(0, performance.now() - due));
    due = performance.now() + GAP;
  }, GAP);
  return () => {
    clearInterval(timer);
    return late;
  };
}

test(`measured times of ${PROBES} probes at once`, async () => {
  const server = await startPacedServer({ requests: PROBES, first: 200, apart: APART, gaps });
  onTestFinished(async () => void (await server.stop()));
  const { module } = compile();
  let inFlight = 0;
  let most = 0;
  const latenessOfTimers = watchTimers();
  const results = await Promise.all(
    Array.from({ length: PROBES }, async (_, i): Promise<{ path: string; result: ProbeResult }> => {
      await sleep(i * APART);
      most = Math.max(most, ++inFlight);
      const result = await ask(`${server.address}/${i}`, { module });
      inFlight--;
      return { path: `/${i}/chat/completions`, result };
    }),
  );
  const timers = latenessOfTimers();
  expect(results.map(({ result }) => detailOf(result)).filter((detail) => detail !== "")).toEqual([]);
  expect(most).toBe(PROBES);

  const pace = await server.pace();
  // On a machine that is busy with other things, what is due comes late here and there alike.
  const tolerance = Math.max(TOLERANCE, 3 * (median(timers) + median([...pace.late.values()])));
  const rows = [
    { name: "first token", metric: llmMetrics.firstToken, nominal: (path: string) => pace.first.get(path) },
    { name: "inter-token latency", metric: llmMetrics.interToken, nominal: () => (STALL + 18 * GAP) / 19 },
    { name: "longest stall", metric: llmMetrics.maxStall, nominal: () => STALL },
  ];
  for (const { name, metric, nominal } of rows) {
    const off = results.map(({ path, result }) =>
      Math.abs((valueOf(result, metric) ?? Number.NaN) * 1000 - (nominal(path) ?? Number.NaN)),
    );
    const figures = [0.5, 0.9, 0.99, 1].map((part) => share(part, off).toFixed(2)).join(", ");
    console.log(
      `${name}: off by ${figures} ms (50 %, 90 %, 99 %, all); want ${tolerance.toFixed(2)} for half`,
    );
    expect({ name, close: median(off) < tolerance }).toEqual({ name, close: true });
  }
});
