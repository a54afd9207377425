import { beforeEach, describe, expect, it } from "vitest";
import type { EventFacts, PastEvent } from "../../src/core/history.ts";
import { createMemory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { createNotices, type Notices } from "../../src/dependencies/notices.ts";
import { createWaitings } from "../../src/dependencies/waitings.ts";
import { manualClock } from "../helpers/clock.ts";

let clock: ReturnType<typeof manualClock>;
let memory: ReturnType<typeof createMemory>;
let notices: Notices;
let emit: (event: PastEvent) => void;
let verdict: "wait" | "tell" | "drop";
let told: string[];
let id: number;

const start = (): void => {
  notices = createNotices({
    clock,
    store: memory.namespace("notices"),
    events: {
      subscribe(listener) {
        emit = listener;
        return () => {};
      },
    },
    waits: () => verdict === "wait",
    verdict: () => verdict,
  });
  notices.subscribe(({ kind, from, to, blockedBy }) =>
    told.push(`${kind} ${from ?? ""} -> ${to ?? ""}${blockedBy === undefined ? "" : ` by ${blockedBy}`}`),
  );
};
const happens = (kind: EventFacts["kind"], from?: string, to?: string): void => {
  id += 1;
  emit({
    id,
    kind,
    at: clock.now(),
    subject: "shop",
    blockedBy: "gateway",
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
};
const release = (as: typeof verdict = "tell"): void => {
  verdict = as;
  clock.advance(seconds(1));
};

beforeEach(() => {
  clock = manualClock();
  memory = createMemory();
  verdict = "wait";
  told = [];
  id = 0;
  start();
});

describe("notices", () => {
  it("wait, and come once, without the dependency that is over", () => {
    happens("status", "healthy", "unhealthy");
    clock.advance(seconds(100));
    expect(told).toEqual([]);
    release();
    release();
    expect(told).toEqual(["status healthy -> unhealthy"]);
  });

  it.each([
    {
      name: "what recovered meanwhile",
      changes: [
        ["healthy", "unhealthy"],
        ["unhealthy", "healthy"],
      ],
      tells: [],
    },
    {
      name: "what was told to be down before and is so again",
      changes: [
        ["unhealthy", "unknown"],
        ["unknown", "unhealthy"],
      ],
      tells: [],
    },
    {
      name: "only the newest of several",
      changes: [
        ["healthy", "unhealthy"],
        ["unhealthy", "unknown"],
      ],
      tells: ["status unhealthy -> unknown"],
    },
    {
      name: "a recovery of what was told to be down before, at once",
      changes: [
        ["unhealthy", "unknown"],
        ["unknown", "healthy"],
      ],
      tells: ["status unknown -> healthy by gateway"],
    },
  ])("tell of $name", ({ changes, tells }) => {
    for (const [from, to] of changes) happens("status", from, to);
    release();
    expect(told).toEqual(tells);
  });

  it("of a mode never wait, because applications follow it", () => {
    happens("mode", "primary", "fallback");
    expect(told).toEqual(["mode primary -> fallback by gateway"]);
  });

  it("of overdue fallback are dropped when the fallback ends first", () => {
    happens("overdue");
    happens("mode", "fallback", "primary");
    release();
    expect(told).toEqual(["mode fallback -> primary by gateway"]);
    verdict = "wait";
    happens("overdue");
    release();
    expect(told.at(-1)).toBe("overdue  -> ");
  });

  it("about what a reload has removed are dropped", () => {
    happens("heartbeat", "up", "down");
    release("drop");
    release("tell");
    expect(told).toEqual([]);
  });

  it("that wait survive a restart, and what is malformed in the store is deleted", () => {
    happens("heartbeat", "up", "down");
    const store = memory.namespace("notices");
    store.put("status/broken", { event: { kind: "status" } });
    store.put("status/other", 1);
    notices.stop();
    start();
    expect(Array.from(store.entries(), ([key]) => key)).toEqual(["heartbeat/shop"]);
    release();
    expect(told).toEqual(["heartbeat up -> down"]);
  });
});

describe("a dependency that recovers while the exporter does not run", () => {
  it("gives what depends on it the time to follow", () => {
    let isDown = true;
    const shop = { kind: "target", name: "shop" } as const;
    const startWaitings = () =>
      createWaitings({
        clock,
        store: memory.namespace("dependencies"),
        graph: {
          isDown: () => isDown,
          dependsOn: ({ name }) => (name === "shop" ? [{ kind: "target", name: "gateway" }] : []),
        },
        dependents: () => [shop],
        isFailing: () => true,
        suspects: () => [],
        settleTime: () => seconds(60),
      });
    const before = startWaitings();
    expect(before.blocker(shop)).toEqual({ name: "gateway", isDown: true });
    before.stop();
    isDown = false;
    const restarted = startWaitings();
    expect(restarted.blocker(shop)).toEqual({ name: "gateway", isDown: false });
    clock.advance(seconds(60));
    expect(restarted.blocker(shop)).toBeUndefined();
    restarted.stop();
  });
});
