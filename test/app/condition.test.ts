import { describe, expect, it } from "vitest";
import { conditionOf } from "../../src/app/condition.ts";
import type { Skip } from "../../src/core/result.ts";
import { seconds } from "../../src/core/units.ts";
import { initialState } from "../../src/failover/machine.ts";
import { manualClock } from "../helpers/clock.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const notLeader: Skip = { reason: "not_leader", detail: "another replica leads" };
const noMoney: Skip = { reason: "budget_exhausted", detail: "the budget is used up" };

describe("conditionOf", () => {
  const target = targetOf(moduleOf(heldProber().prober), { interval: seconds(30) });
  it.each<{ name: string; age?: number; skip?: Skip; status: string; stale: boolean }>([
    { name: "a young result", age: 10, status: "healthy", stale: false },
    { name: "an old result", age: 300, status: "unknown", stale: true },
    { name: "no result", status: "unknown", stale: true },
    {
      name: "a young result while the budget is used up",
      age: 10,
      skip: noMoney,
      status: "healthy",
      stale: false,
    },
    {
      name: "an old result while the budget is used up",
      age: 300,
      skip: noMoney,
      status: "unknown",
      stale: true,
    },
    {
      name: "a young result of a replica that does not lead",
      age: 1,
      skip: notLeader,
      status: "unknown",
      stale: true,
    },
  ])("$name: $status, stale $stale", ({ age, skip, status, stale }) => {
    const clock = manualClock();
    const state = {
      ...initialState(clock.now()),
      health: "healthy",
      ...(age === undefined ? {} : { lastProbeAt: clock.now() }),
    } as const;
    clock.advance(seconds(age ?? 0));
    const condition = conditionOf(
      { clock, ask: { latest: () => undefined, skip: () => skip }, state: () => state },
      target,
    );
    expect(condition).toMatchObject({ status, stale });
    expect(condition.skip).toBe(skip);
  });
});
