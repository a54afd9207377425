import { expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import type { PushView } from "../../src/heartbeats/view.ts";
import { writerOf } from "../../src/metrics/format.ts";
import { heartbeatParts, heartbeatRows } from "../../src/metrics/heartbeats.ts";
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

const text = async (pushes: readonly PushView[]): Promise<string> => {
  const rows = await heartbeatRows({ pushes, probed: [] });
  return [...heartbeatParts(rows, timestamp(2), writerOf())].join("");
};

it("renders many heartbeats family by family, each header once", async () => {
  const rendered = await text(Array.from({ length: 5_000 }, (_, i) => view(`machine-${i}`)));
  expect(parseExposition(rendered).series).toHaveLength(5_000 * 9);
  expect(rendered.match(/^# TYPE /gm)).toHaveLength(6);
});

it("renders nothing without heartbeats", async () => {
  expect(await text([])).toBe("");
});
