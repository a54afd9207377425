import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { type Components, createComponents } from "../../src/groups/components.ts";
import { manualClock } from "../helpers/clock.ts";

const START = 1_757_943_000;
const names = { isTaken: (name: string) => name === "gpt", groups: () => ["ecosystem"] };

const create = (memory = createMemory(), clock = manualClock(START)) => ({
  memory,
  clock,
  components: createComponents(memory.namespace("components"), clock, names),
});

const statusOf = (components: Components, name: string) => components.reading(name)?.status;

describe("components", () => {
  it("are what they say for as long as it counts, then unknown and not forgotten", () => {
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

  it("are forgotten only when told so", () => {
    const { components } = create();
    components.report("sync", { status: "healthy" });
    expect(components.delete("sync")).toBe(true);
    expect(components.delete("sync")).toBe(false);
    expect(components.reading("sync")).toBeUndefined();
  });

  it("come back after a restart with what is left of their time", () => {
    const { components, memory } = create();
    components.report("sync", { status: "healthy", ttl: "60s", metrics: { queue: 3 }, critical: true });
    const restarted = create(memory, manualClock(START + 40));
    expect(restarted.components.reading("sync")).toMatchObject({ status: "healthy", metrics: { queue: 3 } });
    expect(restarted.components.list()).toEqual(components.list());
    restarted.clock.advance(seconds(20));
    expect(statusOf(restarted.components, "sync")).toBe("unknown");
  });

  it("are not believed longer because a clock was set back", () => {
    const { components, memory } = create();
    components.report("sync", { status: "healthy", ttl: "60s" });
    const restarted = create(memory, manualClock(START - 3600));
    expect(statusOf(restarted.components, "sync")).toBe("healthy");
    restarted.clock.advance(seconds(60));
    expect(statusOf(restarted.components, "sync")).toBe("unknown");
  });

  it("leave out what a shelf holds that is none, and take it away", () => {
    const memory = createMemory();
    const shelf = memory.namespace("components");
    const good = {
      status: "healthy",
      message: "",
      metrics: {},
      ttl: 60,
      critical: false,
      name: "good",
      reportedAt: START,
    };
    shelf.put("good", good);
    shelf.put("null", null);
    shelf.put("text", "healthy");
    shelf.put("no-time", { ...good, name: "no-time", reportedAt: "yesterday" });
    shelf.put("no-status", { ...good, name: "no-status", status: "splendid" });
    shelf.put("odd name", good);
    const { components } = create(memory);
    expect(components.list().map(({ name }) => name)).toEqual(["good"]);
    expect([...shelf.entries()].map(([name]) => name)).toEqual(["good"]);
  });

  it("are at most a thousand, of which each may still report", () => {
    const { components } = create();
    for (let i = 0; i < 1000; i += 1) components.report(`c${i}`, { status: "healthy" });
    expect(components.report("more", { status: "healthy" })).toEqual({
      refused: "components: got one more than 1000, want at most so many: DELETE those that are gone",
    });
    expect(components.report("c7", { status: "unhealthy" })).toMatchObject({ status: "unhealthy" });
    components.delete("c8");
    expect(components.report("more", { status: "healthy" })).toMatchObject({ name: "more" });
  });

  it("have names of their own, and groups that exist", () => {
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
});
