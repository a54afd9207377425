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

  it("does not delay callers that come one after the other", async () => {
    const stagger = createStagger();
    for (let i = 0; i < 3; i += 1) {
      expect(stagger("host")).toBeUndefined();
      await settle();
      await settle();
    }
  });
});
