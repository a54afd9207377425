import { describe, expect, it } from "vitest";
import { createStagger } from "../../src/engine/stagger.ts";
import { settle } from "../helpers/stand-in-prober.ts";

describe("createTurns", () => {
  it("lets the first of a burst go at once, and each other a turn of the event loop later", async () => {
    const turn = createStagger();
    const begun: number[] = [];
    const begin = async (i: number): Promise<void> => {
      await turn();
      begun.push(i);
    };
    const all = Promise.all([0, 1, 2, 3].map(begin));
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toEqual([0]);
    await settle();
    expect(begun).toEqual([0, 1]);
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    await all;
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it("lets those who come one after the other go at once", async () => {
    const turn = createStagger();
    for (let i = 0; i < 3; i += 1) {
      expect(turn()).toBeUndefined();
      await settle();
      await settle();
    }
  });
});
