import { describe, expect, it } from "vitest";
import { createStagger } from "../../src/engine/stagger.ts";
import { settle } from "../helpers/stand-in-prober.ts";

describe("createStagger", () => {
  it("lets the first caller of a burst go on at once, and each further one a turn of the event loop later", async () => {
    const stagger = createStagger();
    const started: number[] = [];
    const start = async (i: number): Promise<void> => {
      await stagger(`host ${i}`);
      started.push(i);
    };
    const all = Promise.all([0, 1, 2, 3].map(start));
    await Promise.resolve();
    await Promise.resolve();
    expect(started).toEqual([0]);
    await settle();
    expect(started).toEqual([0, 1]);
    await settle();
    expect(started).toEqual([0, 1, 2]);
    await all;
    expect(started).toEqual([0, 1, 2, 3]);
    await settle();
    expect(stagger("host 0")).toBeUndefined();
  });

  it("gives the next turn to the share whose last one is the longest ago", async () => {
    const stagger = createStagger();
    const started: string[] = [];
    const start = async (share: string): Promise<void> => {
      await stagger(share);
      started.push(share);
    };
    // Two hosts that hang have had turns, and begin again before the others.
    await Promise.all(["bad 1", "bad 2"].map(start));
    started.length = 0;
    await Promise.all(["first", "bad 2", "bad 1", "bad 1", "good 1", "bad 2", "good 2", "good 1"].map(start));
    expect(started).toEqual(["first", "good 1", "good 2", "bad 1", "bad 2", "good 1", "bad 1", "bad 2"]);
  });

  it("lets a share that comes back wait behind those that have not had a turn", async () => {
    const stagger = createStagger();
    const started: string[] = [];
    const start = async (share: string): Promise<void> => {
      await stagger(share);
      started.push(share);
    };
    const all = ["a", "b", "c"].map(start);
    await settle();
    expect(started).toEqual(["a", "b"]);
    all.push(...["a", "b", "d"].map(start));
    await Promise.all(all);
    expect(started).toEqual(["a", "b", "c", "d", "a", "b"]);
  });

  it("remembers the last turns of 10000 shares, and forgets the oldest first", async () => {
    const stagger = createStagger();
    const started: string[] = [];
    const start = async (share: string): Promise<void> => {
      await stagger(share);
      started.push(share);
    };
    const others = Array.from({ length: 9999 }, (_, i) => `other ${i}`);
    for (const burst of [["again", "oldest"], ["again"], others]) {
      // oxlint-disable-next-line no-await-in-loop -- one burst after the other is the test
      await Promise.all(burst.map(start));
    }
    await settle();
    started.length = 0;
    // A share that is forgotten counts as one that has never had a turn, and comes before those that came after it.
    await Promise.all(["other 9998", "again", "oldest", "new"].map(start));
    expect(started).toEqual(["other 9998", "oldest", "new", "again"]);
  });

  it("does not delay callers that come one after the other", async () => {
    const stagger = createStagger();
    for (let i = 0; i < 3; i += 1) {
      expect(stagger("host")).toBeUndefined();
      await settle();
      await settle();
    }
  });
});
