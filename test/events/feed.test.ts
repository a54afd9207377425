import { describe, expect, it } from "vitest";
import type { History } from "../../src/core/history.ts";
import { seconds } from "../../src/core/units.ts";
import { createFeed, type Follower } from "../../src/events/feed.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A follower that records the ids of its events, and `now N` when it has caught up with event N. */
function follower(more: Partial<Follower> = {}): { follower: Follower; received: (number | string)[] } {
  const received: (number | string)[] = [];
  return {
    received,
    follower: {
      wanted: {},
      event: ({ id }) => void received.push(id),
      snapshot: (newest) => void received.push(`now ${newest}`),
      ready: () => Promise.resolve(),
      end: () => void received.push("end"),
      ...more,
    },
  };
}

describe("the feed of events", () => {
  const happens = (history: History, clock = manualClock()): number =>
    history.record({ kind: "overdue", at: clock.now(), subject: "a" }).id;

  it("delivers events recorded during the catch-up once, before snapshot", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    const first = happens(history);
    const [all, fresh] = [follower({ after: 0 }), follower()];
    feed.follow(all.follower);
    feed.follow(fresh.follower);
    // Read with the past events and received by the subscription.
    const second = happens(history);
    await settle();
    const third = happens(history);
    expect(all.received).toEqual([first, second, `now ${second}`, third]);
    expect(fresh.received).toEqual([second, `now ${second}`, third]);
  });

  it("waits for the follower to be ready before each further page of past events", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    for (let i = 0; i < 2500; i += 1) happens(history);
    const waiting: (() => void)[] = [];
    const ready = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    const { follower: slow, received } = follower({ after: 0, ready });
    feed.follow(slow);
    for (const count of [1000, 2000, 2500]) {
      await settle();
      expect(received).toHaveLength(count);
      waiting.shift()?.();
    }
    await settle();
    expect(received).toHaveLength(2501);
  });

  it("continues with live events if past events cannot be read, and logs it", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const logged: string[] = [];
    const log = { ...silent, error: (_fields: object, message: string) => void logged.push(message) };
    const broken = { ...history, events: () => Promise.reject(new Error("the disk is gone")) };
    const { follower: one, received } = follower({ after: 0 });
    createFeed(broken, log, () => undefined).follow(one);
    await settle();
    const id = happens(history);
    expect(received).toEqual(["now 0", id]);
    expect(logged).toEqual(["past events cannot be read"]);
  });

  it("ends all followers on close, and delivers nothing after a stop", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    const [stopped, ended] = [follower(), follower()];
    const following = feed.follow(stopped.follower);
    feed.follow(ended.follower);
    await settle();
    following.stop();
    feed.close();
    happens(history);
    expect(stopped.received).toEqual(["now 0"]);
    expect(ended.received).toEqual(["now 0", "end"]);
    expect(feed.streams()).toEqual({ open: 0, dropped: 0 });
  });
});
