import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { MACHINES, startStoppable } from "../helpers/stopped-exporter.ts";

// Longer stops are in test/long.
it("an exporter that is stopped for 5 s announces none of 1,000 machines whose pings wait in its socket", async () => {
  await using world = await startStoppable("12s");
  const { machines } = world;
  const begin = performance.now();
  await machines.pingAll();
  expect(machines.answered()).toBe(MACHINES);
  // The first machines are silent for more than their timeout when the exporter continues.
  await pause(begin + 8_000 - performance.now());
  const stopped = world.stopFor(5_000);
  await Promise.all([stopped, machines.pingAll()]);
  expect(machines.answered()).toBe(2 * MACHINES);
  expect(world.announced()).toEqual([]);
  expect(await world.absence()).toBeGreaterThan(4);
  await world.untilAllOffline();
});
