import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import type { PushView } from "../../src/heartbeats/view.ts";
import { heartbeatsText } from "../../src/metrics/heartbeats.ts";
import { parseExposition } from "../helpers/exposition.ts";

const view = (name: string): PushView => ({
  id: 1,
  heartbeat: {
    name,
    kind: "machine",
    timeout: seconds(120),
    startTimeout: seconds(120),
    labels: {},
    critical: false,
  },
  registered: false,
  status: "online",
  failed: false,
  pings: { success: 1, start: 0, fail: 0, log: 0 },
  beat: { heartbeat: name, source: "push", timeout: seconds(120), lastSeen: timestamp(1) },
});

it("yields to the event loop between parts, and renders each header once", async () => {
  let turns = 0;
  const end = new AbortController();
  const otherWork = (async () => {
    for (; !end.signal.aborted; turns += 1) await turn();
  })();
  const pushes = Array.from({ length: 5_000 }, (_, i) => view(`machine-${i}`));
  const pieces: Buffer[] = [];
  for await (const piece of heartbeatsText({ pushes, probed: [], now: timestamp(2) })) pieces.push(piece);
  end.abort();
  await otherWork;
  expect(turns).toBeGreaterThanOrEqual(pieces.length);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(500_000);
  const text = Buffer.concat(pieces).toString();
  expect(parseExposition(text).series).toHaveLength(5_000 * 9);
  expect(text.match(/^# TYPE /gm)).toHaveLength(6);
});

it("renders nothing without heartbeats", async () => {
  const pieces: Buffer[] = [];
  for await (const piece of heartbeatsText({ pushes: [], probed: [], now: timestamp(2) })) pieces.push(piece);
  expect(pieces).toEqual([]);
});
