import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { createPresence } from "../../src/core/presence.ts";
import { seconds } from "../../src/core/units.ts";
import { type Components, createComponents } from "../../src/groups/components.ts";
import { manualClock } from "../helpers/clock.ts";

const START = 1_757_943_000;
const names = { isTaken: (name: string) => name === "gpt", groups: () => ["ecosystem"] };

const create = (memory = createMemory(), clock = manualClock(START), downFor = memory.downFor) => {
  const logged: [message: string, fields: object][] = [];
  const warn = (fields: object, message: string) => void logged.push([message, fields]);
  const components = createComponents({
    store: memory.namespace("components"),
    clock,
    log: { debug() {}, info() {}, warn, error() {} },
    names,
    downFor,
    onReport: () => {},
    onDelete: () => {},
  });
  return { memory, clock, components, logged };
};

const statusOf = (components: Components, name: string) => components.reading(name)?.status;

describe("components", () => {
  it("have the reported status until the report expires, then stay as unknown", () => {
    const { components, clock } = create();
    components.report("sync", { status: "healthy", message: "Connected", ttl: "30s" });
    clock.advance(seconds(29));
    expect(components.reading("sync")).toMatchObject({ status: "healthy", message: "Connected" });
    clock.advance(seconds(1));
    expect(components.reading("sync")).toMatchObject({
      status: "unknown",
      message: "silent for 30s, was healthy",
      at: START,
    });
    expect(components.list()).toHaveLength(1);
    components.report("sync", { status: "degraded" });
    expect(statusOf(components, "sync")).toBe("degraded");
  });

  it("are removed only by delete", () => {
    const { components } = create();
    components.report("sync", { status: "healthy" });
    expect(components.delete("sync")).toBe(true);
    expect(components.delete("sync")).toBe(false);
    expect(components.reading("sync")).toBeUndefined();
  });

  it("are restored after a restart with the rest of their ttl", () => {
    const { components, memory } = create();
    components.report("sync", { status: "healthy", ttl: "60s", metrics: { queue: 3 }, critical: true });
    const restarted = create(memory, manualClock(START + 40));
    expect(restarted.components.reading("sync")).toMatchObject({ status: "healthy", metrics: { queue: 3 } });
    expect(restarted.components.list()).toEqual(components.list());
    restarted.clock.advance(seconds(20));
    expect(statusOf(restarted.components, "sync")).toBe("unknown");
  });

  it("do not last longer if the clock is set back", () => {
    const { components, memory } = create();
    components.report("sync", { status: "healthy", ttl: "60s" });
    const restarted = create(memory, manualClock(START - 3600));
    expect(statusOf(restarted.components, "sync")).toBe("healthy");
    restarted.clock.advance(seconds(60));
    expect(statusOf(restarted.components, "sync")).toBe("unknown");
  });

  it("delete invalid entries of the store", () => {
    const memory = createMemory();
    const store = memory.namespace("components");
    const good = {
      status: "healthy",
      message: "",
      metrics: {},
      ttl: 60,
      critical: false,
      name: "good",
      reportedAt: START,
    };
    store.put("good", good);
    store.put("null", null);
    store.put("text", "healthy");
    store.put("no-time", { ...good, name: "no-time", reportedAt: "yesterday" });
    store.put("no-status", { ...good, name: "no-status", status: "splendid" });
    store.put("odd name", good);
    const { components } = create(memory);
    expect(components.list().map(({ name }) => name)).toEqual(["good"]);
    expect([...store.entries()].map(([name]) => name)).toEqual(["good"]);
  });

  it("are limited to 1000, which can still report", () => {
    const { components } = create();
    for (let i = 0; i < 1000; i += 1) components.report(`c${i}`, { status: "healthy" });
    expect(components.report("more", { status: "healthy" })).toEqual({
      refused: "components: got more than 1000, want at most 1000; DELETE those that are gone",
    });
    expect(components.report("c7", { status: "unhealthy" })).toMatchObject({ status: "unhealthy" });
    components.delete("c8");
    expect(components.report("more", { status: "healthy" })).toMatchObject({ name: "more" });
  });

  it("need a name that is not taken and a group that exists", () => {
    const { components } = create();
    expect(components.report("gpt", { status: "healthy" })).toEqual({
      refused: 'name: got "gpt", want one that no target, heartbeat or group has',
    });
    expect(components.report("sync", { status: "healthy", group: "nope" })).toEqual({
      refused: 'group: got "nope", want one of: ecosystem',
    });
    components.report("sync", { status: "healthy", group: "ecosystem", critical: true });
    components.report("other", { status: "healthy" });
    expect(components.joined("ecosystem")).toEqual([{ kind: "component", name: "sync", critical: true }]);
  });

  it("do not expire while the exporter is down, because nothing could report to it", () => {
    const { components, memory } = create();
    components.report("sync", { status: "healthy", ttl: "60s" });
    // 40 s of running, then an hour of downtime.
    const restarted = create(memory, manualClock(START + 3640), seconds(3600));
    expect(statusOf(restarted.components, "sync")).toBe("healthy");
    restarted.clock.advance(seconds(15));
    // 15 s more, then two hours of downtime.
    const again = create(memory, manualClock(START + 3655 + 7200), seconds(7200));
    again.clock.advance(seconds(4));
    expect(statusOf(again.components, "sync")).toBe("healthy");
    again.clock.advance(seconds(1));
    expect(statusOf(again.components, "sync")).toBe("unknown");
  });

  it("do not expire while the exporter does not run, neither then nor after a restart", () => {
    const clock = manualClock(START);
    const presence = createPresence(clock);
    const memory = createMemory();
    const { components } = create(memory, { ...clock, ...presence.clock });
    presence.onGap(({ absence, jump }) => components.discount(seconds(absence + jump)));
    components.report("before", { status: "healthy", ttl: "30s" });
    clock.block(seconds(60));
    components.report("after", { status: "healthy", ttl: "30s" });
    clock.advance(seconds(29));
    expect([statusOf(components, "before"), statusOf(components, "after")]).toEqual(["healthy", "healthy"]);
    const restarted = create(memory, manualClock(clock.now()), seconds(0)).components;
    expect([statusOf(restarted, "before"), statusOf(restarted, "after")]).toEqual(["healthy", "healthy"]);
    clock.advance(seconds(1));
    expect([statusOf(components, "before"), statusOf(components, "after")]).toEqual(["unknown", "unknown"]);
    const later = create(memory, manualClock(clock.now()), seconds(0)).components;
    expect([statusOf(later, "before"), statusOf(later, "after")]).toEqual(["unknown", "unknown"]);
  });

  it("have values until the report expires, and those of the last report", () => {
    const { components, clock } = create();
    const values = () =>
      components.list().map((component) => Object.fromEntries(components.values(component)));
    components.report("sync", { status: "healthy", ttl: "30s", metrics: { queue: 3, "hit.ratio": 0.5 } });
    expect(values()).toEqual([{ queue: 3, "hit.ratio": 0.5 }]);
    components.report("sync", { status: "healthy", ttl: "30s", metrics: { queue: -4e9 } });
    expect(values()).toEqual([{ queue: -4e9 }]);
    clock.advance(seconds(30));
    expect(values()).toEqual([{}]);
    components.report("sync", { status: "healthy" });
    expect(values()).toEqual([{}]);
  });

  it("have values under the first 32 names only, however often the names change", () => {
    const { components, logged } = create();
    const names = new Set<string>();
    for (let i = 0; i < 100; i += 1) {
      components.report("sync", { status: "healthy", metrics: { queue: i, [`job_${i}`]: 1 } });
      for (const component of components.list()) {
        for (const [name] of components.values(component)) names.add(name);
      }
    }
    expect(names.size).toBe(32);
    expect(components.reading("sync")?.metrics).toEqual({ queue: 99, job_99: 1 });
    expect(logged).toEqual([
      [
        "a component reports numbers under more names than the limit; further ones are no series",
        { component: "sync", limit: 32 },
      ],
    ]);
    components.delete("sync");
    components.report("sync", { status: "healthy", metrics: { job_99: 1 } });
    expect(components.list().flatMap(components.values)).toEqual([["job_99", 1]]);
  });
});
