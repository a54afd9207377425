import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { EventFacts } from "../../src/core/history.ts";
import { createMemory } from "../../src/core/memory.ts";
import { type Standing, TARGET_STATUSES } from "../../src/core/status.ts";
import { complete } from "../../src/core/steps.ts";
import { createStatuses } from "../../src/events/statuses.ts";
import { manualClock } from "../helpers/clock.ts";

/** Creates statuses over the state of an earlier run, and collects what they record and log. */
function create(memory = createMemory()) {
  const events: EventFacts[] = [];
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  const statuses = createStatuses({
    clock: manualClock(1000),
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    store: memory.namespace("statuses"),
    record: (event) => void events.push(event),
  });
  return { memory, statuses, events, lines };
}

describe("a change of status", () => {
  it.each([
    { from: "unknown", to: "healthy", level: "info" },
    { from: "degraded", to: "healthy", level: "info" },
    { from: "unhealthy", to: "healthy", level: "info" },
    { from: "unhealthy", to: "degraded", level: "info" },
    { from: "healthy", to: "degraded", level: "warn" },
    { from: "unknown", to: "degraded", level: "warn" },
    { from: "healthy", to: "unhealthy", level: "warn" },
    { from: "degraded", to: "unhealthy", level: "warn" },
    { from: "unknown", to: "unhealthy", level: "warn" },
    { from: "healthy", to: "unknown", level: "warn" },
    { from: "degraded", to: "unknown", level: "warn" },
    { from: "unhealthy", to: "unknown", level: "warn" },
  ] as const)("from $from to $to is one event and one line at $level", ({ from, to, level }) => {
    const { statuses, events, lines } = create();
    statuses.introduce("component", "sync", from);
    const standing: Standing = { status: to, cause: "reported", detail: "queue is long" };
    expect(statuses.tell("component", "sync", standing)).toBe(true);
    expect(statuses.tell("component", "sync", { status: to, detail: "another text" })).toBe(false);
    const facts = { kind: "component", at: 1000, subject: "sync", from, to } as const;
    expect(events).toEqual([{ ...facts, cause: "reported", detail: "queue is long" }]);
    const fields = { component: "sync", from, reason: "reported", detail: "queue is long" };
    expect(lines).toEqual([{ level, message: `component is ${to}`, fields }]);
  });

  it.each([
    { kind: "target", event: "status" },
    { kind: "group", event: "group" },
    { kind: "component", event: "component" },
  ] as const)("of a $kind is an event of kind $event", ({ kind, event }) => {
    const { statuses, events, lines } = create();
    statuses.introduce(kind, "one", "healthy");
    statuses.tell(kind, "one", { status: "unhealthy" });
    expect(events).toEqual([{ kind: event, at: 1000, subject: "one", from: "healthy", to: "unhealthy" }]);
    expect(lines).toEqual([
      { level: "warn", message: `${kind} is unhealthy`, fields: { [kind]: "one", from: "healthy" } },
    ]);
  });

  it("is quoted in the log and not kept, if it quotes the answer of a target", () => {
    const { statuses, events, lines } = create();
    statuses.introduce("target", "gpt", "healthy");
    statuses.tell("target", "gpt", { status: "unhealthy", cause: "content_mismatch", quotation: "said NO" });
    expect(events[0]).not.toHaveProperty("detail");
    expect(lines[0]?.fields).toMatchObject({ reason: "content_mismatch", detail: "said NO" });
  });

  it("cannot imitate other lines of the log", () => {
    const { statuses, lines } = create();
    statuses.introduce("component", "sync", "healthy");
    statuses.tell("component", "sync", { status: "unhealthy", detail: "a\nlevel=error \u202eb\u001b[2J" });
    expect(lines[0]?.fields).toMatchObject({ detail: "a\\u{a}level=error \\u{202e}b\\u{1b}[2J" });
  });

  it("is none for a subject that is new, or that was forgotten", () => {
    const { statuses, events } = create();
    statuses.tell("target", "gpt", { status: "unhealthy" });
    statuses.tell("group", "all", { status: "unhealthy" });
    complete(statuses.retain("target", new Set(["other"])));
    statuses.tell("target", "gpt", { status: "healthy" });
    statuses.forget("group", "all");
    statuses.tell("group", "all", { status: "healthy" });
    expect(events).toEqual([]);
    statuses.tell("target", "gpt", { status: "unhealthy" });
    expect(events).toHaveLength(1);
  });

  it("is told apart by kind", () => {
    const { statuses, events } = create();
    statuses.introduce("target", "one", "healthy");
    statuses.introduce("component", "one", "unhealthy");
    complete(statuses.retain("component", new Set()));
    statuses.tell("target", "one", { status: "healthy" });
    statuses.tell("component", "one", { status: "healthy" });
    expect(events).toEqual([]);
  });
});

test("after a restart no change is told twice, and none is lost", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...TARGET_STATUSES), fc.boolean()), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (list) => {
      const memory = createMemory();
      memory.namespace("statuses").put("component/sync", "unknown");
      let run = create(memory);
      const told: (string | undefined)[] = [];
      let now = "unknown";
      const want: string[] = [];
      for (const [status, restarts] of list) {
        run.statuses.tell("component", "sync", { status });
        told.push(...run.events.splice(0).map(({ to }) => to));
        if (status !== now) want.push(status);
        now = status;
        if (restarts) run = create(memory);
      }
      expect(told).toEqual(want);
    }),
  );
});

test("a status that an earlier version stored and that is unknown now counts as none", () => {
  const memory = createMemory();
  memory.namespace("statuses").put("target/gpt", "splendid");
  const { statuses, events } = create(memory);
  expect(statuses.last("target", "gpt")).toBeUndefined();
  statuses.tell("target", "gpt", { status: "healthy" });
  expect(events).toEqual([]);
});
