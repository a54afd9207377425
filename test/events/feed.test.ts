import { describe, expect, it } from "vitest";
import type { History } from "../../src/core/history.ts";
import { seconds } from "../../src/core/units.ts";
import { createFeed, type Follower } from "../../src/events/feed.ts";
import { createMemoryHistory } from "../../src/store/history.ts";
import { manualClock } from "../helpers/clock.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A follower that writes down what it is told: the ids of events, and `now N` for the state of now. */
function follower(more: Partial<Follower> = {}): { follower: Follower; told: (number | string)[] } {
  const told: (number | string)[] = [];
  return {
    told,
    follower: {
      wanted: {},
      event: ({ id }) => void told.push(id),
      caughtUp: (newest) => void told.push(`now ${newest}`),
      ready: () => Promise.resolve(),
      end: () => void told.push("end"),
      ...more,
    },
  };
}

describe("the feed of events", () => {
  const happens = (history: History, clock = manualClock()): number =>
    history.record({ kind: "overdue", at: clock.now(), subject: "a" }).id;

  it("tells what happens while the past is read once, and before the state of now", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    const first = happens(history);
    const [all, fresh] = [follower({ after: 0 }), follower()];
    feed.follow(all.follower);
    feed.follow(fresh.follower);
    // Both in the past that is about to be read, and heard of meanwhile.
    const second = happens(history);
    await settle();
    const third = happens(history);
    expect(all.told).toEqual([first, second, `now ${second}`, third]);
    expect(fresh.told).toEqual([second, `now ${second}`, third]);
  });

  it("tells the past no faster than it is taken in", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    for (let i = 0; i < 2500; i += 1) happens(history);
    const waiting: (() => void)[] = [];
    const ready = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
    const { follower: slow, told } = follower({ after: 0, ready });
    feed.follow(slow);
    for (const count of [1000, 2000, 2500]) {
      await settle();
      expect(told).toHaveLength(count);
      waiting.shift()?.();
    }
    await settle();
    expect(told).toHaveLength(2501);
  });

  it("goes on with the state of now when the past cannot be read, and says so", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const logged: string[] = [];
    const log = { ...silent, error: (_fields: object, message: string) => void logged.push(message) };
    const broken = { ...history, events: () => Promise.reject(new Error("the disk is gone")) };
    const { follower: one, told } = follower({ after: 0 });
    createFeed(broken, log, () => undefined).follow(one);
    await settle();
    const id = happens(history);
    expect(told).toEqual(["now 0", id]);
    expect(logged).toEqual(["events of the past cannot be read"]);
  });

  it("ends those who follow, and tells nobody anything after they have stopped", async () => {
    const history = createMemoryHistory(manualClock(), seconds(3600));
    const feed = createFeed(history, silent, () => undefined);
    const [stopped, ended] = [follower(), follower()];
    const following = feed.follow(stopped.follower);
    feed.follow(ended.follower);
    await settle();
    following.stop();
    feed.close();
    happens(history);
    expect(stopped.told).toEqual(["now 0"]);
    expect(ended.told).toEqual(["now 0", "end"]);
    expect(feed.streams()).toEqual({ open: 0, dropped: 0 });
  });
});
