import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { waitUntil } from "./process.ts";

/** The resources of this process that something has to release: sockets, timers, requests and descriptors, by their kinds. */
export function resourcesOf(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { descriptors: readdirSync("/proc/self/fd").length };
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/**
 * Runs something many times, and expects that as much is in use afterwards as after the first time, which may open what
 * stays open for all. What is closed may take a moment to be gone.
 * @param more counts of what the process cannot tell, such as listeners
 */
export async function expectNoLeak(
  run: () => Promise<unknown>,
  more: () => Readonly<Record<string, number>> = () => ({}),
  times = 25,
): Promise<void> {
  const counts = (): Readonly<Record<string, number>> => ({ ...resourcesOf(), ...more() });
  await run();
  const before = await settled(counts);
  for (let i = 0; i < times; i += 1) await run();
  const grown = (): readonly string[] =>
    Object.entries(counts())
      .filter(([kind, count]) => count >= (before[kind] ?? 0) + times / 2)
      .map(([kind, count]) => `${kind}: ${before[kind] ?? 0} -> ${count}`);
  const isGone = (): true | undefined => grown().length === 0 || undefined;
  await waitUntil("the release of what was used", isGone, seconds(3)).catch(() => {});
  expect(grown()).toEqual([]);
}

/** Waits until two counts in a row are the same. */
async function settled(
  counts: () => Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  let last = counts();
  return waitUntil("a steady number of resources", () => {
    const now = counts();
    const isSame = JSON.stringify(now) === JSON.stringify(last);
    last = now;
    return isSame ? now : undefined;
  });
}
