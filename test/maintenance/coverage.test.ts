import { describe, expect, test } from "vitest";
import type { Group, GroupMember } from "../../src/core/group.ts";
import type { Coverage, MaintenanceWindow } from "../../src/core/maintenance.ts";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { createMaintenance, type MaintenanceSubject } from "../../src/maintenance/maintenance.ts";
import { manualClock } from "../helpers/clock.ts";

const START = 1_757_943_000;
const at = (offset: number) => timestamp(START + offset);

/** Heartbeats with a schedule: their first run is late this many seconds after the end of a window. */
const FIRST_RUN: Readonly<Record<string, number>> = { nightly: 100, hourly: 50 };

/** Maintenance whose clock stands at `START`. */
function setUp(
  windows: readonly MaintenanceWindow[] = [],
  groups: readonly Group[] = [],
  { clock = manualClock(START), memory = createMemory() }: { clock?: Clock; memory?: Memory } = {},
) {
  const [open, ended] = [memory.namespace("open"), memory.namespace("ended")];
  const maintenance = createMaintenance(clock, open, ended, (heartbeat, end) => {
    const length = FIRST_RUN[heartbeat];
    return length === undefined ? undefined : timestamp(end + length);
  });
  const configure = (all: readonly MaintenanceWindow[], members: readonly Group[] = []): void =>
    maintenance.configure(all, new Map(members.map((group) => [group.name, group])));
  if (windows.length > 0) configure(windows, groups);
  const covers = (...[kind, name]: Subject) => maintenance.covers({ kind, name });
  return { clock, memory, maintenance, configure, covers };
}
type Clock = ReturnType<typeof manualClock>;
type Subject = readonly [kind: MaintenanceSubject["kind"], name: string];

/** A window from `from` to `to` seconds after `START`. */
const window = (
  { targets = [], heartbeats = [], groups = [] }: Partial<Coverage>,
  from = 60,
  to = 120,
): MaintenanceWindow => ({
  name: `from-${from}`,
  targets,
  heartbeats,
  groups,
  times: { kind: "once", from: at(from), to: at(to) },
});

const group = (name: string, ...members: readonly (readonly [GroupMember["kind"], string])[]): Group => ({
  name,
  labels: {},
  members: members.map(([kind, member]) => ({ kind, name: member, critical: false })),
  unhealthyWhen: { kind: "count", count: 1 },
});

const GROUPS = [
  group("inner", ["target", "web"], ["heartbeat", "job"]),
  group("other", ["target", "web"], ["component", "part"]),
  group("outer", ["group", "inner"], ["target", "inner"]),
  group("whole", ["group", "outer"]),
  // Groups that contain each other must not hang the exporter.
  group("left", ["group", "right"], ["target", "round"]),
  group("right", ["group", "left"]),
];

describe("a window", () => {
  test.each<{ covers: string; coverage: Partial<Coverage>; subject: Subject; isCovered: boolean }>([
    {
      covers: "a target by its name",
      coverage: { targets: ["web"] },
      subject: ["target", "web"],
      isCovered: true,
    },
    {
      covers: "a target by one of its patterns",
      coverage: { targets: ["db-*", "W*b"] },
      subject: ["target", "web"],
      isCovered: true,
    },
    {
      covers: "another target",
      coverage: { targets: ["web"] },
      subject: ["target", "web2"],
      isCovered: false,
    },
    {
      covers: "a heartbeat by its name",
      coverage: { heartbeats: ["job"] },
      subject: ["heartbeat", "job"],
      isCovered: true,
    },
    {
      covers: "a heartbeat by the name of a target",
      coverage: { targets: ["job"] },
      subject: ["heartbeat", "job"],
      isCovered: false,
    },
    {
      covers: "a target by the name of a heartbeat",
      coverage: { heartbeats: ["web"] },
      subject: ["target", "web"],
      isCovered: false,
    },
    {
      covers: "the members of a group",
      coverage: { groups: ["inner"] },
      subject: ["heartbeat", "job"],
      isCovered: true,
    },
    {
      covers: "the members of one of its groups",
      coverage: { groups: ["left", "inner"] },
      subject: ["target", "web"],
      isCovered: true,
    },
    {
      covers: "a member of several groups",
      coverage: { groups: ["other"] },
      subject: ["target", "web"],
      isCovered: true,
    },
    {
      covers: "members of groups in groups",
      coverage: { groups: ["whole"] },
      subject: ["target", "web"],
      isCovered: true,
    },
    {
      covers: "members of the groups around it",
      coverage: { groups: ["inner"] },
      subject: ["target", "inner"],
      isCovered: false,
    },
    {
      covers: "what is in no group",
      coverage: { groups: ["inner", "whole"] },
      subject: ["target", "free"],
      isCovered: false,
    },
    {
      covers: "another kind with the name of a member",
      coverage: { groups: ["inner"] },
      subject: ["heartbeat", "web"],
      isCovered: false,
    },
    {
      covers: "members of groups that contain each other",
      coverage: { groups: ["right"] },
      subject: ["target", "round"],
      isCovered: true,
    },
  ])("covers $covers: $isCovered", ({ coverage, subject, isCovered }) => {
    const { clock, covers } = setUp([window(coverage)], GROUPS);
    expect(covers(...subject)).toBe(isCovered ? false : undefined);
    clock.advance(seconds(60));
    expect(covers(...subject)).toBe(isCovered ? true : undefined);
  });

  test("is listed with its state and when that may change", () => {
    const { clock, maintenance } = setUp([
      window({ targets: ["a"], groups: ["g"] }),
      window({ heartbeats: ["b"] }, 90),
    ]);
    const first = { name: "from-60", targets: ["a"], heartbeats: [], groups: ["g"] };
    const second = { name: "from-90", targets: [], heartbeats: ["b"], groups: [] };
    expect(maintenance.list()).toStrictEqual({
      windows: [
        { ...first, open: false, until: at(60) },
        { ...second, open: false, until: at(90) },
      ],
      manual: [],
    });
    clock.advance(seconds(60));
    expect(maintenance.list().windows).toStrictEqual([
      { ...first, open: true, until: at(120) },
      { ...second, open: false, until: at(90) },
    ]);
    clock.advance(seconds(60));
    expect(maintenance.list().windows).toStrictEqual([
      { ...first, open: false },
      { ...second, open: false },
    ]);
  });

  test("opens and closes exactly at its times, whatever other windows do", () => {
    const { clock, covers } = setUp([window({ targets: ["web"] }), window({ targets: ["web"] }, 90, 100)]);
    const states = [0, 59, 1, 30, 10, 19, 1].map((wait) => {
      clock.advance(seconds(wait));
      return covers("target", "web");
    });
    expect(states).toEqual([false, false, true, true, true, true, false]);
  });

  test("that is over is open again if the clock is set back into it", () => {
    const { clock, covers } = setUp([window({ targets: ["web"] })]);
    clock.advance(seconds(200));
    expect(covers("target", "web")).toBe(false);
    clock.setWall(seconds(-100));
    expect(covers("target", "web")).toBe(true);
    clock.setWall(seconds(-50));
    expect(covers("target", "web")).toBe(false);
  });

  test("counts as the newest configuration has it", () => {
    const { clock, covers, configure } = setUp([window({ groups: ["inner"] })], GROUPS);
    clock.advance(seconds(60));
    expect(covers("target", "web")).toBe(true);
    configure([window({ groups: ["inner"] })], [group("inner", ["target", "db"])]);
    expect([covers("target", "web"), covers("target", "db")]).toEqual([undefined, true]);
    configure([]);
    expect(covers("target", "db")).toBeUndefined();
  });
});

describe("a window started by hand", () => {
  const hour = { lasting: seconds(3600) };

  test("covers what it was started for until its end, and leaves other windows as they are", () => {
    const { clock, covers, maintenance } = setUp([window({ targets: ["web"] }, 7200, 9000)], GROUPS);
    const one = maintenance.start({ kind: "target", name: "web", ...hour });
    const two = maintenance.start({ kind: "group", name: "outer", lasting: seconds(60) });
    expect(maintenance.list().manual).toEqual([one, two]);
    expect(one).toMatchObject({ from: at(0), until: at(3600) });
    const states = () => [covers("target", "web"), covers("heartbeat", "job"), covers("target", "free")];
    expect(states()).toEqual([true, true, undefined]);
    clock.advance(seconds(60));
    expect(states()).toEqual([true, undefined, undefined]);
    clock.advance(seconds(3540));
    expect(states()).toEqual([false, undefined, undefined]);
  });

  test("ends by its id", () => {
    const { covers, maintenance } = setUp();
    const id = maintenance.start({ kind: "target", name: "web", ...hour })?.id ?? "";
    expect([covers("target", "web"), maintenance.end("unknown"), maintenance.end(id)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([covers("target", "web"), maintenance.end(id)]).toEqual([undefined, false]);
  });

  test("survives a restart, also before the configuration is known", () => {
    const { maintenance, clock, memory } = setUp();
    maintenance.start({ kind: "target", name: "web", ...hour });
    maintenance.start({ kind: "group", name: "inner", ...hour });
    const next = setUp([], [], { clock, memory });
    expect([next.covers("target", "web"), next.covers("heartbeat", "job")]).toEqual([true, undefined]);
    next.configure([], GROUPS);
    expect(next.covers("heartbeat", "job")).toBe(true);
  });
});

describe("a heartbeat with a schedule", () => {
  const states = ({ clock, covers }: ReturnType<typeof setUp>, name: string, times: readonly number[]) =>
    times.map((time) => {
      clock.advance(seconds(START + time - clock.now()));
      return covers("heartbeat", name);
    });

  test("is in maintenance from the end of a window until its first run is late", () => {
    const all = { targets: ["*"], heartbeats: ["*"] };
    const times = [59, 60, 120, 169.5, 170, 219.5, 220];
    expect(states(setUp([window(all)]), "nightly", times)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(states(setUp([window(all)]), "hourly", times)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(states(setUp([window(all)]), "plain", times)).toEqual([
      false,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    const { clock, covers } = setUp([window(all)]);
    clock.advance(seconds(120));
    expect(covers("target", "nightly")).toBe(false);
  });

  test("waits for it after each of several windows, and after none that is still to come", () => {
    const windows = [
      window({ heartbeats: ["nightly"] }),
      window({ heartbeats: ["n*"] }, 200, 210),
      window({ heartbeats: ["*"] }, 900, 910),
    ];
    expect(states(setUp(windows), "nightly", [0, 60, 150, 215, 309.5, 310, 899])).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test.each(["its time", "an operator"])(
    "waits for it after a window started by hand, ended by %s",
    (end) => {
      const world = setUp();
      const { maintenance, clock } = world;
      const id =
        maintenance.start({
          kind: "heartbeat",
          name: "nightly",
          lasting: seconds(end === "its time" ? 60 : 90),
        })?.id ?? "";
      clock.advance(seconds(60));
      if (end === "an operator") maintenance.end(id);
      expect(world.covers("heartbeat", "hourly")).toBeUndefined();
      expect(states(world, "nightly", [60, 159.5])).toEqual([true, true]);
      const next = setUp([], [], world);
      expect(states(next, "nightly", [159.5, 160])).toEqual([true, undefined]);
    },
  );

  test("does not wait for it after an end that is in the future since the clock was set back", () => {
    const { maintenance, clock, covers } = setUp();
    maintenance.start({ kind: "heartbeat", name: "nightly", lasting: seconds(60) });
    clock.advance(seconds(70));
    expect(covers("heartbeat", "nightly")).toBe(true);
    clock.setWall(seconds(-11));
    expect(covers("heartbeat", "nightly")).toBeUndefined();
  });
});
