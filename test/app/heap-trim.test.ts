import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../helpers/process.ts";

const MODULE = fileURLToPath(new URL("../../src/app/heap-trim.ts", import.meta.url));
const CLOCK = fileURLToPath(new URL("../../src/core/clock.ts", import.meta.url));

/**
 * A program that leaves some thousand arrays of garbage in the old generation and keeps others, trims, and tells its heap in MB before and
 * after, and how often it asked for a collection.
 */
const program = (garbage: number, kept: number): string => `
  import { trimHeapAfterStart } from ${JSON.stringify(MODULE)};
  import { systemClock } from ${JSON.stringify(CLOCK)};
  let asked = 0;
  const collect = globalThis.gc;
  if (collect !== undefined)
    globalThis.gc = (options) => {
      asked += 1;
      return collect(options);
    };
  const fill = (size) => Array.from({ length: size * 1000 }, (_, i) => "x".repeat(900) + i).map((text) => [...text].slice(0, 50));
  const heap = () => Math.round(process.memoryUsage().heapTotal / 2 ** 20);
  globalThis.kept = fill(${kept});
  globalThis.garbage = fill(${garbage});
  trimHeapAfterStart(systemClock);
  globalThis.garbage = undefined;
  const before = heap();
  setTimeout(() => console.log(JSON.stringify({ before, after: heap(), asked })), 5000);
`;

async function heaps(flags: readonly string[], garbage: number, kept = 0) {
  const argv = [process.execPath, ...flags, "--input-type=module", "-e", program(garbage, kept)];
  const { code, stdout } = await run(argv);
  expect(code).toBe(0);
  return JSON.parse(stdout) as { before: number; after: number; asked: number };
}

describe("trimHeapAfterStart", { timeout: 60_000 }, () => {
  it.concurrent("gives memory back that only the start has needed", async () => {
    const { before, after, asked } = await heaps(["--expose-gc"], 5);
    expect(after).toBeLessThan(before - 5);
    expect(asked).toBe(1);
  });

  it.concurrent("does nothing without the collector", async () => {
    expect(await heaps([], 5)).toMatchObject({ asked: 0 });
  });

  it.concurrent("leaves a large heap alone, whose collection would take long", async () => {
    expect(await heaps(["--expose-gc"], 5, 20)).toMatchObject({ asked: 0 });
  });
});
