import { describe, expect, test } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createManualWindows } from "../../src/maintenance/manual.ts";
import { manualClock } from "../helpers/clock.ts";
import { readBack } from "../helpers/read-back.ts";

function setUp(clock = manualClock()) {
  const memory = createMemory();
  const [open, ended] = [memory.namespace("open"), memory.namespace("ended")];
  return { clock, open, ended, windows: createManualWindows(clock, open, ended) };
}

const until = (clock: ReturnType<typeof manualClock>, after: number) => timestamp(clock.now() + after);

describe("windows started by hand", () => {
  test("cover what they are started for, from now until their end, excluded", () => {
    const { clock, windows } = setUp();
    const one = windows.start("target", "web", until(clock, 60));
    const two = windows.start("heartbeat", "cron", until(clock, 120));
    const three = windows.start("group", "all", until(clock, 180));
    expect(one).toMatchObject({ from: clock.now(), targets: ["web"], heartbeats: [], groups: [] });
    expect(two).toMatchObject({ targets: [], heartbeats: ["cron"], groups: [] });
    expect(three).toMatchObject({ targets: [], heartbeats: [], groups: ["all"] });
    for (const window of [one, two, three]) expect(window?.id).toMatch(/^[0-9a-f]{8}$/);
    expect(windows.list()).toEqual([one, two, three]);
    clock.advance(seconds(59));
    expect(windows.list()).toHaveLength(3);
    clock.advance(seconds(1));
    expect(windows.list()).toEqual([two, three]);
    expect(windows.ended()).toEqual([one]);
  });

  test("end by their id, once, and are remembered as ended then", () => {
    const { clock, windows, open, ended } = setUp();
    const id = windows.start("target", "web", until(clock, 600))?.id ?? "";
    windows.start("target", "other", until(clock, 600));
    clock.advance(seconds(10));
    expect(windows.end("unknown")).toBe(false);
    expect([windows.end(id), windows.end(id)]).toEqual([true, false]);
    expect(windows.list().map(({ targets }) => targets)).toEqual([["other"]]);
    expect(windows.ended()).toMatchObject([{ id, until: clock.now() }]);
    expect([[...open.entries()].length, [...ended.entries()].length]).toEqual([1, 1]);
  });

  test("are remembered with their own end, however late it is seen", () => {
    const { clock, windows } = setUp();
    const one = windows.start("target", "web", until(clock, 60));
    clock.advance(seconds(100));
    expect([windows.list(), windows.ended()]).toEqual([[], [one]]);
  });

  test("survive a restart, open ones and for 31 days ended ones", () => {
    const { clock, windows, open, ended } = setUp();
    const one = windows.start("target", "web", until(clock, 60));
    const two = windows.start("target", "web", until(clock, 40 * 86_400));
    clock.advance(seconds(60));
    windows.list();
    const again = createManualWindows(clock, readBack(open), readBack(ended));
    expect([again.list(), again.ended()]).toEqual([[two], [one]]);
    clock.advance(seconds(31 * 86_400 - 1));
    windows.start("target", "third", until(clock, 1));
    clock.advance(seconds(1));
    windows.list();
    // The third has ended, and the first is older than 31 days.
    expect(windows.ended().map(({ targets }) => targets)).toEqual([["third"]]);
    expect([...ended.entries()]).toHaveLength(1);
  });

  test("are at most a thousand, and a thousand ended ones are remembered", () => {
    const { clock, windows, ended } = setUp();
    for (let round = 0; round < 2; round += 1) {
      for (let i = 0; i < 1000; i += 1)
        expect(windows.start("target", `t${i}`, until(clock, 60))).toBeDefined();
      expect(windows.start("target", "more", until(clock, 60))).toBeUndefined();
      clock.advance(seconds(60));
      expect(windows.list()).toEqual([]);
      expect(windows.ended()).toHaveLength(1000);
      expect([...ended.entries()]).toHaveLength(1000);
    }
  });

  test.each([
    ["no object", "x"],
    ["nothing", null],
    ["without a start", { until: 2e9, targets: [], heartbeats: [], groups: [] }],
    ["without an end", { from: 1, targets: [], heartbeats: [], groups: [] }],
    ["without targets", { from: 1, until: 2e9, heartbeats: [], groups: [] }],
    ["without heartbeats", { from: 1, until: 2e9, targets: [], groups: [] }],
    ["without groups", { from: 1, until: 2e9, targets: [], heartbeats: [] }],
    ["with numbers as names", { from: 1, until: 2e9, targets: ["a", 1], heartbeats: [], groups: [] }],
  ])("that are stored as %s are deleted", (_name, value) => {
    const { clock, open, ended } = setUp();
    open.put("bad", value);
    open.put("good", { from: 1, until: 2e9, targets: ["a"], heartbeats: [], groups: [] });
    const unreadable: string[] = [];
    const windows = createManualWindows(clock, open, ended, (id) => void unreadable.push(id));
    expect(unreadable).toEqual(["bad"]);
    expect(windows.list()).toEqual([
      { id: "good", from: 1, until: 2e9, targets: ["a"], heartbeats: [], groups: [] },
    ]);
    expect([...open.entries()].map(([id]) => id)).toEqual(["good"]);
  });

  test("are as long as was said when the clock is set back meanwhile", () => {
    const { clock, windows, ended } = setUp();
    windows.start("target", "web", until(clock, 60));
    clock.advance(seconds(20));
    clock.setWall(seconds(-3600));
    clock.advance(seconds(39.9));
    expect(windows.list()).toHaveLength(1);
    clock.advance(seconds(0.1));
    expect(windows.list()).toEqual([]);
    // It does not end in the future, where a heartbeat's next run would be awaited.
    expect(windows.ended()).toMatchObject([{ until: clock.now() }]);
    expect([...ended.entries()]).toHaveLength(1);
  });
});
