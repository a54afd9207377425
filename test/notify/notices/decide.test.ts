import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Channel } from "../../../src/core/channel.ts";
import { isGood, type Notice, type NoticeEvent, severityOf } from "../../../src/core/notice.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import {
  type DecidedItem,
  decide,
  follow,
  type Hold,
  type Moment,
} from "../../../src/notify/notices/decide.ts";
import { observe } from "../../../src/notify/notices/observe.ts";
import { type ChannelState, keyOf } from "../../../src/notify/notices/state.ts";
import { channelOf, notice, subject } from "./channel-of.ts";

/** A message that a channel sent. */
interface Sent {
  readonly at: number;
  readonly items: readonly DecidedItem[];
}

/** A channel on a clock of its own, from noon on. */
function runChannel(channel: Channel, quiet: (at: number) => boolean = () => false) {
  let state: ChannelState = { tracked: new Map(), sent: [], number: 0 };
  let now = 43_200;
  const sent: Sent[] = [];
  const held = new Map<string, Hold>();
  const world = { ready: true, leads: true };
  const moment = (): Moment => ({
    now: timestamp(now),
    quiet: quiet(now),
    ready: world.ready,
    holdOf: ({ subject: { name } }) => held.get(name),
    exists: () => true,
  });
  return {
    sent,
    held,
    world,
    now: () => now,
    state: () => state,
    setClock(by: number) {
      now += by;
    },
    restart() {
      state = {
        ...state,
        tracked: new Map(JSON.parse(JSON.stringify([...state.tracked])) as [string, never][]),
      };
    },
    tell(name: string, event: NoticeEvent, more: Partial<Notice> = {}) {
      const one = notice(name, event, now, more);
      const tracked = observe(state.tracked.get(keyOf(one)), one, channel, timestamp(now));
      if (tracked !== undefined)
        state = { ...state, tracked: new Map(state.tracked).set(keyOf(one), tracked) };
    },
    pass(length: number) {
      for (let second = 0; second < length; second++) {
        now += 1;
        if (!world.leads) {
          state = follow(state, channel, moment());
          continue;
        }
        const { state: next, items } = decide(state, channel, moment());
        state = next;
        if (items !== undefined) sent.push({ at: now, items });
      }
    },
  };
}

const shown = ({ sent }: { readonly sent: readonly Sent[] }): readonly string[] =>
  sent.map(({ items }) =>
    items.map(({ notice: { subject: one, event } }) => `${one.name} ${event}`).join(", "),
  );

describe("a channel", () => {
  it("tells one event once, and its end", () => {
    const channel = runChannel(channelOf());
    channel.tell("gpt", "down");
    channel.pass(14);
    expect(channel.sent).toEqual([]);
    channel.pass(7200);
    channel.tell("gpt", "up");
    channel.pass(7200);
    expect(shown(channel)).toEqual(["gpt down", "gpt up"]);
  });

  it("says nothing about what was never wrong", () => {
    const channel = runChannel(channelOf());
    channel.tell("gpt", "up");
    channel.pass(100);
    expect(channel.sent).toEqual([]);
    expect(channel.state().tracked.size).toBe(0);
  });

  it("makes one message of a storm, and one of its end", () => {
    const channel = runChannel(channelOf());
    for (let i = 1; i <= 17; i++) channel.tell(`s${i}`, "down");
    channel.pass(1000);
    for (let i = 1; i <= 17; i++) channel.tell(`s${i}`, "up");
    channel.pass(1000);
    expect(channel.sent.map(({ items }) => items.length)).toEqual([17, 17]);
  });

  it("makes two messages of a storm that takes a minute", () => {
    const channel = runChannel(channelOf());
    for (let i = 1; i <= 17; i++) {
      channel.tell(`s${i}`, "down");
      channel.pass(3);
    }
    channel.pass(1000);
    expect(channel.sent.map(({ items }) => items.length)).toEqual([5, 12]);
  });

  it("tells the end only to those who got the beginning", () => {
    const channel = runChannel(channelOf({ when: { severities: new Set(["critical"]) } }));
    channel.tell("gpt", "degraded");
    channel.pass(100);
    channel.tell("gpt", "up");
    channel.pass(100);
    channel.tell("db", "down", { subject: subject("db", { critical: true }) });
    channel.pass(100);
    channel.tell("db", "up", { subject: subject("db", { critical: true }) });
    channel.pass(100);
    expect(shown(channel)).toEqual(["db down", "db up"]);
  });

  it("tells that something is better although its rule does not select that", () => {
    const channel = runChannel(channelOf({ when: { events: new Set(["down"]) } }));
    for (const event of ["down", "degraded", "up"] as const) {
      channel.tell("gpt", event);
      channel.pass(100);
    }
    expect(shown(channel)).toEqual(["gpt down", "gpt degraded", "gpt up"]);
  });

  it("tells no end with send_resolved off, and the next beginning again", () => {
    const channel = runChannel(channelOf({ sendResolved: false }));
    for (const event of ["down", "up", "down"] as const) {
      channel.tell("gpt", event);
      channel.pass(100);
    }
    expect(shown(channel)).toEqual(["gpt down", "gpt down"]);
  });

  it("reminds of what is still wrong, in one message, until it is over", () => {
    const channel = runChannel(channelOf({ repeatEvery: seconds(3600) }));
    channel.tell("a", "down");
    channel.tell("b", "down");
    channel.pass(3600 * 2 + 60);
    channel.tell("a", "up");
    channel.pass(3600);
    expect(shown(channel)).toEqual(["a down, b down", "a down, b down", "a down, b down", "a up", "b down"]);
    expect(channel.sent.map(({ items }) => items[0]?.changes)).toEqual([1, 0, 0, 1, 0]);
  });

  it("does not repeat that something is wrong because it was fine in between", () => {
    const channel = runChannel(channelOf());
    channel.tell("gpt", "down");
    channel.pass(100);
    channel.tell("gpt", "up");
    channel.pass(5);
    channel.tell("gpt", "down");
    channel.pass(100);
    expect(shown(channel)).toEqual(["gpt down"]);
  });

  it("tells of an hour of flapping in eight messages, the last of which is true", () => {
    const channel = runChannel(channelOf());
    for (let i = 0; i < 60; i++) {
      channel.tell("gpt", i % 2 === 0 ? "down" : "up");
      channel.pass(60);
    }
    channel.pass(3600);
    expect(shown(channel).slice(0, 4)).toEqual(["gpt down", "gpt up", "gpt down", "gpt up"]);
    expect(shown(channel)).toHaveLength(8);
    expect(shown(channel).at(-1)).toBe("gpt up");
    const [first, second] = channel.sent.slice(4);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(900);
  });

  it("goes on when the clock is set back", () => {
    const channel = runChannel(channelOf({ repeatEvery: seconds(600) }));
    for (let i = 0; i < 20; i++) {
      channel.tell(`s${i}`, "down");
      channel.pass(400);
    }
    channel.tell("late", "down");
    channel.setClock(-40_000);
    const before = channel.sent.length;
    channel.pass(900);
    expect(shown(channel).slice(before).join(", ")).toContain("late down");
    expect(shown(channel).slice(before).join(", ")).toContain("s19 down");
  });

  it("delays nothing by more than the second half of the hour's messages takes", () => {
    const channel = runChannel(channelOf());
    const late: number[] = [];
    for (let i = 0; i < 200; i++) {
      const before = channel.sent.length;
      const at = channel.now();
      channel.tell(`s${i}`, "down");
      while (channel.sent.length === before) channel.pass(1);
      late.push(channel.now() - at);
    }
    expect(Math.max(...late)).toBeLessThanOrEqual(3600 / 10 + 1);
    // The first ones wait for those that may come with them only.
    expect(late.slice(0, 9).every((wait) => wait <= 60)).toBe(true);
  });

  it("keeps what is not urgent until quiet hours end, and sends it as a summary", () => {
    const channel = runChannel(
      channelOf({
        quietHours: {
          times: { kind: "weekly", days: [], from: "", to: "", timeZone: "UTC" },
          urgent: new Set(["critical"]),
        },
      }),
      (at) => at < 43_200 + 7200,
    );
    const db = { subject: subject("db", { critical: true }) };
    channel.tell("printer", "down");
    channel.tell("nas", "down");
    channel.pass(600);
    channel.tell("db", "down", db);
    channel.pass(600);
    channel.tell("db", "up", db);
    channel.tell("nas", "up");
    channel.pass(600);
    expect(shown(channel)).toEqual(["db down", "db up"]);
    channel.pass(7200);
    expect(shown(channel).slice(2)).toEqual(["printer down, nas up"]);
    expect(channel.sent[2]?.at).toBeGreaterThanOrEqual(43_200 + 7200);
  });

  it("says nothing during maintenance, nor of what was over before its end", () => {
    const channel = runChannel(channelOf({ repeatEvery: seconds(600) }));
    channel.tell("old", "down");
    channel.pass(100);
    for (const name of ["old", "a", "b"])
      channel.held.set(name, { kind: "maintenance", settle: seconds(30) });
    channel.tell("a", "down");
    channel.tell("b", "down");
    channel.pass(3600);
    channel.tell("a", "up");
    channel.pass(60);
    expect(shown(channel)).toEqual(["old down"]);
    channel.held.clear();
    channel.pass(100);
    expect(shown(channel).slice(1)).toEqual(["old down", "b down"]);
  });

  it("waits for those that recover with what they depend on", () => {
    const channel = runChannel(channelOf());
    for (const name of ["a", "b"]) {
      channel.held.set(name, { kind: "dependency", settle: seconds(60) });
      channel.tell(name, "down");
    }
    channel.tell("gateway", "down");
    channel.pass(600);
    channel.tell("gateway", "up");
    channel.held.clear();
    channel.pass(30);
    channel.tell("a", "up");
    channel.pass(600);
    expect(shown(channel)).toEqual(["gateway down", "gateway up", "b down"]);
  });

  it("waits until the message before is delivered, and then says what is true", () => {
    const channel = runChannel(channelOf());
    channel.tell("a", "down");
    channel.pass(100);
    channel.world.ready = false;
    channel.tell("a", "up");
    channel.tell("b", "down");
    channel.pass(3600);
    channel.tell("b", "up");
    channel.world.ready = true;
    channel.pass(10);
    expect(shown(channel)).toEqual(["a down", "a up, b up"]);
  });

  it("of a replica that begins to lead tells only what the one before may not have told", () => {
    const channel = runChannel(channelOf());
    channel.world.leads = false;
    channel.tell("old", "down");
    channel.pass(600);
    channel.tell("new", "down");
    channel.pass(30);
    channel.world.leads = true;
    channel.pass(60);
    channel.tell("old", "up");
    channel.pass(100);
    expect(shown(channel)).toEqual(["new down", "old up"]);
  });
});

const EVENTS = ["down", "degraded", "unknown", "up"] as const;

/** A step of the world. */
type Step =
  | { readonly kind: "event"; readonly name: string; readonly event: (typeof EVENTS)[number] }
  | { readonly kind: "pass"; readonly length: number }
  | { readonly kind: "quiet" | "maintenance" | "blocked" | "undelivered"; readonly on: boolean }
  | { readonly kind: "restart" };

const name = fc.constantFrom("a", "b", "c", "critical");

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("event" as const), name, event: fc.constantFrom(...EVENTS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), length: fc.integer({ min: 1, max: 400 }) }),
  },
  fc.record({
    kind: fc.constantFrom(
      "quiet" as const,
      "maintenance" as const,
      "blocked" as const,
      "undelivered" as const,
    ),
    on: fc.boolean(),
  }),
  fc.constant({ kind: "restart" as const }),
);

const options = fc.record({
  maxPerHour: fc.integer({ min: 1, max: 12 }),
  groupWait: fc.integer({ min: 0, max: 30 }),
  groupInterval: fc.integer({ min: 0, max: 120 }),
  repeatEvery: fc.option(fc.integer({ min: 60, max: 1800 }), { nil: undefined }),
  severities: fc.constantFrom(undefined, ["critical"] as const, ["warning"] as const),
  events: fc.constantFrom(undefined, ["down"] as const, ["degraded", "unknown"] as const),
});

describe("whatever happens", () => {
  it("messages are bounded, and the last one about a subject is true", () => {
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 80 }), (chosen, steps) => {
        const { severities, events } = chosen;
        const world = { quiet: false };
        const channel = channelOf({
          maxPerHour: chosen.maxPerHour,
          groupWait: seconds(chosen.groupWait),
          groupInterval: seconds(chosen.groupInterval),
          when: {
            ...(severities === undefined ? {} : { severities: new Set<"critical" | "warning">(severities) }),
            ...(events === undefined ? {} : { events: new Set<NoticeEvent>(events) }),
          },
          quietHours: {
            times: { kind: "weekly", days: [], from: "", to: "", timeZone: "UTC" },
            urgent: new Set(["critical"]),
          },
          ...(chosen.repeatEvery === undefined ? {} : { repeatEvery: seconds(chosen.repeatEvery) }),
        });
        const running = runChannel(channel, () => world.quiet);
        const truth = new Map<string, NoticeEvent>();
        const hold = (on: boolean, one: Hold): void => {
          if (on) running.held.set("a", one);
          else running.held.delete("a");
        };
        for (const one of steps) {
          switch (one.kind) {
            case "event": {
              const about = subject(one.name, { critical: one.name === "critical" });
              truth.set(one.name, one.event);
              running.tell(one.name, one.event, { subject: about });
              break;
            }
            case "pass":
              running.pass(one.length);
              break;
            case "quiet":
              world.quiet = one.on;
              break;
            case "maintenance":
              hold(one.on, { kind: "maintenance", settle: seconds(30) });
              break;
            case "blocked":
              hold(one.on, { kind: "dependency", settle: seconds(30) });
              break;
            case "undelivered":
              running.world.ready = !one.on;
              break;
            case "restart":
              running.restart();
              break;
          }
        }
        world.quiet = false;
        running.held.clear();
        running.world.ready = true;
        running.pass(3 * 3600);

        for (const [i, { at }] of running.sent.entries()) {
          const later = running.sent.slice(i).filter((other) => other.at < at + 3600);
          expect(later.length).toBeLessThanOrEqual(chosen.maxPerHour);
        }
        for (const [about, event] of truth) {
          const last = running.sent
            .flatMap(({ items }) => items)
            .findLast(({ notice: one }) => one.subject.name === about);
          const severity = severityOf(event, { critical: about === "critical" });
          const isSelected =
            !isGood(event) &&
            (severities?.some((wanted) => wanted === severity) ?? true) &&
            (events?.some((wanted) => wanted === event) ?? true);
          // What a rule leaves out is not told, unless the channel would go on saying that something else is wrong.
          const isTold = last !== undefined && (isGood(event) || !isGood(last.notice.event));
          if (isSelected || isTold) expect([about, last?.notice.event]).toEqual([about, event]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
