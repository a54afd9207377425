import { describe, expect, it } from "vitest";
import { createMemory, type StateStore } from "../../src/core/memory.ts";
import type { Route } from "../../src/core/route.ts";
import { seconds } from "../../src/core/units.ts";
import type { RouteEffect, Usability } from "../../src/routing/machine.ts";
import { createRoutes } from "../../src/routing/routes.ts";
import { manualClock } from "../helpers/clock.ts";

const chat: Route = {
  name: "chat",
  order: [
    { kind: "target", name: "openai" },
    { kind: "target", name: "ollama" },
  ],
  whenNone: "last",
  preferBackAfter: seconds(60),
  minDwell: seconds(10),
  skipDegraded: false,
  excludeReasons: new Set(),
  labels: {},
};

/** Creates the route `chat`, whose members and leadership the test sets. */
function start(store: StateStore = createMemory().namespace("routes")) {
  const clock = manualClock();
  const usability: Record<string, Usability> = { openai: "usable", ollama: "usable" };
  const effects: RouteEffect[] = [];
  let isLeading = true;
  const routes = createRoutes({
    clock,
    store,
    member: ({ kind, name }) => ({
      kind,
      name,
      usability: usability[name] ?? "unknown",
      status: usability[name] === "usable" ? "healthy" : "unknown",
    }),
    leads: () => isLeading,
    onEffect: (_route, effect) => void effects.push(effect),
    onUnreadable: () => {},
  });
  routes.configure([chat]);
  return {
    clock,
    routes,
    usability,
    effects,
    lead: (value: boolean) => {
      isLeading = value;
    },
    view: () => {
      const view = routes.find("chat");
      if (view === undefined) throw new Error("no route");
      return { use: view.state.use, stale: view.stale, next: view.next };
    },
  };
}

describe("routes", () => {
  it("choose every second", () => {
    const { clock, usability, view } = start();
    expect(view()).toEqual({ use: undefined, stale: false, next: "openai" });
    clock.advance(seconds(1));
    expect(view()).toEqual({ use: "openai", stale: false, next: "ollama" });
    usability["openai"] = "unusable";
    clock.advance(seconds(1));
    expect(view()).toEqual({ use: "ollama", stale: false, next: undefined });
  });

  it("keep the last choice, marked as stale, on a replica that does not lead, and tell nothing", () => {
    const { clock, usability, effects, lead, view } = start();
    clock.advance(seconds(1));
    lead(false);
    effects.length = 0;
    // It does not probe, so all members become unknown.
    Object.assign(usability, { openai: "unknown", ollama: "unknown" });
    clock.advance(seconds(600));
    expect(view()).toEqual({ use: "openai", stale: true, next: undefined });
    expect(effects).toEqual([]);
  });

  it("choose again once the replica leads", () => {
    const { clock, usability, lead, view } = start();
    lead(false);
    clock.advance(seconds(5));
    expect(view()).toMatchObject({ use: undefined, stale: true });
    lead(true);
    usability["openai"] = "unusable";
    clock.advance(seconds(1));
    expect(view()).toMatchObject({ use: "ollama", stale: false });
  });

  it("count the time of members from their return on after a time in which the exporter did not run", () => {
    const { clock, routes, usability, view } = start();
    clock.advance(seconds(1));
    usability["openai"] = "unusable";
    clock.advance(seconds(1));
    usability["openai"] = "usable";
    clock.advance(seconds(50));
    routes.resume();
    clock.advance(seconds(50));
    expect(view()).toMatchObject({ use: "ollama" });
    clock.advance(seconds(15));
    expect(view()).toMatchObject({ use: "openai" });
  });

  it("are forced, and members excluded, for as long as was said, although the clock is set back in the same moment", () => {
    const { clock, routes } = start();
    routes.command("chat", { kind: "force", target: "ollama", lasting: seconds(10) });
    routes.command("chat", { kind: "exclude", target: "openai", lasting: seconds(10) });
    clock.setWall(seconds(-3600));
    const limited = (): unknown[] => {
      const state = routes.find("chat")?.state;
      return [state?.forced?.target, ...Object.keys(state?.excluded ?? {})];
    };
    clock.advance(seconds(9));
    expect(limited()).toEqual(["ollama", "openai"]);
    clock.advance(seconds(1));
    expect(limited()).toEqual([undefined]);
  });

  it("keep the choice in the store until the route is removed", () => {
    const store = createMemory().namespace("routes");
    const first = start(store);
    first.clock.advance(seconds(1));
    first.routes.command("chat", { kind: "force", target: "ollama" });
    const second = start(store);
    expect(second.view()).toMatchObject({ use: "ollama" });
    second.routes.configure([]);
    expect([...store.entries()]).toEqual([]);
    expect(second.routes.find("chat")).toBeUndefined();
    expect(second.routes.command("chat", { kind: "auto" })).toBeUndefined();
  });

  it("choose as for the first time if a route was removed and returns", () => {
    const { clock, routes, view } = start();
    clock.advance(seconds(1));
    routes.command("chat", { kind: "force", target: "ollama" });
    routes.configure([]);
    routes.configure([chat]);
    expect(view()).toMatchObject({ use: undefined });
    clock.advance(seconds(1));
    expect(view()).toMatchObject({ use: "openai" });
  });

  it.each([
    ["no object", "openai"],
    ["without a time", { changes: 1, exhausted: false }],
    ["with a text as a number", { since: "now", changes: 1, exhausted: false }],
  ])("begin again from a stored state that is %s", (_name, value) => {
    const store = createMemory().namespace("routes");
    store.put("chat", value);
    const { clock, view } = start(store);
    clock.advance(seconds(1));
    expect(view()).toMatchObject({ use: "openai" });
  });

  it("tell their subscribers about changes until they leave", () => {
    const { clock, routes, usability } = start();
    const told: string[] = [];
    const unsubscribe = routes.subscribe((name) => void told.push(name));
    clock.advance(seconds(1));
    unsubscribe();
    usability["openai"] = "unusable";
    clock.advance(seconds(1));
    expect(told).toEqual(["chat"]);
  });

  it("stop", () => {
    const { clock, routes } = start();
    routes.stop();
    expect(clock.timers()).toBe(0);
  });
});
