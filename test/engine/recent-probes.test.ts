import { describe, expect, it } from "vitest";
import { failed, succeeded } from "../../src/core/prober.ts";
import { createRecentProbes, type PastProbe } from "../../src/engine/recent-probes.ts";
import { resultOf } from "../helpers/result.ts";
import { heldProber, moduleOf } from "../helpers/stand-in-prober.ts";

const module = moduleOf(heldProber().prober);
const probe = (id: number, ok: boolean): PastProbe => ({
  target: "one",
  module,
  result: resultOf({ id, outcome: ok ? succeeded : failed("connect", "") }),
});

/** Keeps probes in order; a negative number is a failed one. Returns the numbers of those that are listed and found. */
function kept(limit: number, numbers: readonly number[]) {
  const recent = createRecentProbes(limit);
  for (const number of numbers) recent.add(probe(Math.abs(number), number > 0));
  const ids = numbers.map(Math.abs);
  return {
    listed: recent.list().map(({ result: { id } }) => id),
    found: ids.filter((id) => recent.find(id)?.result.id === id),
  };
}

describe("recent probes", () => {
  it.each([
    { what: "all while there are few", numbers: [1, -2, 3], listed: [3, 2, 1] },
    { what: "the newest ones", numbers: [1, 2, 3, 4, 5], listed: [5, 4, 3] },
    { what: "a failed one long after it", numbers: [-1, 2, 3, 4, 5, 6], listed: [6, 5, 4, 1] },
    { what: "the newest failed ones", numbers: [-1, -2, -3, -4, 5, 6, 7], listed: [7, 6, 5, 4, 3, 2] },
    { what: "a failed one that is among the newest once", numbers: [1, 2, -3, 4], listed: [4, 3, 2] },
  ])("are $what, the newest first", ({ numbers, listed }) => {
    expect(kept(3, numbers)).toEqual({ listed, found: listed.toReversed() });
  });
});
