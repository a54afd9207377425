import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { startPacedServer } from "./paced-server.ts";
import { ask, compile, detailOf, valueOf } from "./support.ts";

const PROBES = 200;
/** Milliseconds between the starts of two probes: the exporter staggers them too. */
const APART = 10;
/** Late enough for all probes to wait for their first token at the same time. */
const FIRST = PROBES * APART + 200;
const GAP = 10;
const STALL = 300;
const TOKENS = 20;

const gaps = Array.from({ length: TOKENS - 1 }, (_, i) => (i === 9 ? STALL : GAP));
let time = FIRST;
const plan = [FIRST, ...gaps.map((gap) => (time += gap))];

/** Accepted error of half of the measured times, in milliseconds; the other half depends on the load of the machine. */
const TOLERANCE = 10;

test(`the times of ${PROBES} concurrent probes are measured correctly`, {
  retry: 2,
  timeout: 30_000,
}, async () => {
  const server = await startPacedServer(plan);
  onTestFinished(async () => void (await server.stop()));
  const { module } = compile();
  let inFlight = 0;
  let highest = 0;
  const results = await Promise.all(
    Array.from({ length: PROBES }, async (_, i) => {
      await sleep(i * APART);
      highest = Math.max(highest, ++inFlight);
      const result = await ask(server.address, { module, timeout: 20_000 });
      inFlight--;
      return result;
    }),
  );
  expect(results.map(detailOf).filter((detail) => detail !== "")).toEqual([]);
  expect(highest).toBe(PROBES);

  const late = await server.late();
  const rows = [
    { name: "first token", metric: catalogue.llmFirstToken, nominal: FIRST },
    { name: "inter-token latency", metric: catalogue.llmInterToken, nominal: (STALL + 18 * GAP) / 19 },
    { name: "longest stall", metric: catalogue.llmMaxStall, nominal: STALL },
  ];
  for (const { name, metric, nominal } of rows) {
    const off = results
      .map((result) => Math.abs((valueOf(result, metric) ?? Number.NaN) * 1000 - nominal))
      .toSorted((a, b) => a - b);
    const at = (share: number): number => off[Math.floor(share * (off.length - 1))] ?? Number.NaN;
    const figures = [0.5, 0.9, 0.99, 1].map((share) => at(share).toFixed(2)).join(", ");
    console.log(
      `${name}: off by ${figures} ms (50 %, 90 %, 99 %, all); the server was late by ${late.toFixed(2)} ms`,
    );
    expect({ name, close: at(0.5) < TOLERANCE }).toEqual({ name, close: true });
  }
});
