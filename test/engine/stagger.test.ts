import { describe, expect, it } from "vitest";
import { createStagger } from "../../src/engine/stagger.ts";
import { settle } from "../helpers/stand-in-prober.ts";

describe("createStagger", () => {
  it("lets the first caller of a burst go on at once, and each further one a turn of the event loop later", async () => {
    const stagger = createStagger();
    const started: number[] = [];
    const start = async (i: number): Promise<void> => {
      await stagger();
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

  it("does not delay callers that come one after the other", async () => {
    const stagger = createStagger();
    for (let i = 0; i < 3; i += 1) {
      expect(stagger()).toBeUndefined();
      await settle();
      await settle();
    }
  });
});
