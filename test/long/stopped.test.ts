import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { waitUntil } from "../helpers/process.ts";
import { MACHINES, startStoppable } from "../helpers/stopped-exporter.ts";

it.each([
  [60, 20, 8],
  [60, 100, 40],
  [150, 50, 20],
])(
  "an exporter that is stopped for %i s announces none of 1,000 machines with a timeout of %i s that ping every %i s",
  async (stopped, timeout, period) => {
    await using world = await startStoppable(`${timeout}s`, period * 1000);
    const { machines } = world;
    await pause(period * 1000);
    await waitUntil("a ping of each machine", () => (machines.answered() >= MACHINES ? true : undefined));
    await world.stopFor(stopped * 1000);
    await pause(2 * timeout * 1000);
    expect(world.announced()).toEqual([]);
    expect(await world.absence()).toBeGreaterThan(stopped - 1);
    await world.untilAllOffline();
  },
);
