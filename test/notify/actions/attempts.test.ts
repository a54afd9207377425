import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seconds, timestamp } from "../../../src/core/units.ts";
import {
  type Attempts,
  begin,
  end,
  isForgettable,
  onFiring,
  onResolved,
  readAttempts,
  restored,
  settle,
} from "../../../src/notify/actions/attempts.ts";

const POLICY = { maxAttempts: 3, cooldown: seconds(300), resetAfter: seconds(3600) };

/** One attempt from the alert to the verdict. */
function tried(state: Attempts | undefined, now: number, startsAt = now): Attempts {
  const { next, refusal } = onFiring(
    state,
    { startsAt: timestamp(startsAt), labels: {} },
    timestamp(now),
    POLICY,
  );
  expect(refusal).toBeUndefined();
  return settle(end(begin(next, timestamp(now), POLICY), timestamp(now), POLICY), false, POLICY);
}

const refusalOf = (state: Attempts, now: number, startsAt: number): string | undefined =>
  onFiring(state, { startsAt: timestamp(startsAt), labels: {} }, timestamp(now), POLICY).refusal;

describe("attempts", () => {
  const three = [1000, 2000, 3000].reduce<Attempts | undefined>(
    (state, now) => tried(state, now, 1000),
    undefined,
  );
  if (three === undefined) throw new Error("no attempts");

  test("end with the last, which did not help", () => {
    expect(three).toMatchObject({ count: 3, exhausted: true });
    expect(refusalOf(three, 9000, 1000)).toBe("exhausted");
  });

  test("are counted anew when the alert stayed away for long enough, and not before", () => {
    const over = onResolved(three, timestamp(4000));
    expect(over.exhausted).toBe(false);
    expect(refusalOf(over, 7599, 7599)).toBe("exhausted");
    expect(refusalOf(over, 7600, 7600)).toBeUndefined();
    // What counts is for how long it stayed away, not for how long nobody said that it was back.
    expect(refusalOf(over, 9000, 4100)).toBe("exhausted");
  });

  test("are counted anew when nobody said that it was over, and it must have been", () => {
    expect(refusalOf(three, 9000, 3000 + 3600)).toBeUndefined();
    expect(refusalOf(three, 9000, 3000 + 3599)).toBe("exhausted");
  });

  test("are forgotten when they matter no more", () => {
    const over = onResolved(three, timestamp(4000));
    expect([7599, 7600].map((now) => isForgettable(over, timestamp(now), POLICY))).toEqual([false, true]);
    expect(isForgettable(three, timestamp(1e9), POLICY)).toBe(false);
  });

  test("are read back as they were, and nothing else is taken for them", () => {
    expect(readAttempts(JSON.parse(JSON.stringify(three)))).toEqual(three);
    for (const broken of [
      { count: "1" },
      { firingAt: null },
      { exhausted: 0 },
      { pending: { since: 1, labels: { a: 1 } } },
      { running: {} },
      { cooldownUntil: "soon" },
    ]) {
      expect(readAttempts({ ...three, ...broken })).toBeUndefined();
    }
  });

  test("whatever happens: never two at once, never within the cooldown, never more than allowed", () => {
    const event = fc.constantFrom("firing", "resolved", "begin", "end", "restart", "wait", "wait long");
    const property = fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let now = 0;
      let state: Attempts | undefined;
      let startsAt = 0;
      const begun: number[] = [];
      let lastEnd = Number.NEGATIVE_INFINITY;
      for (const what of events) {
        const at = timestamp(now);
        if (what === "wait") now += 200;
        else if (what === "wait long") now += 4000;
        else if (what === "firing") {
          if (state?.resolvedAt !== undefined) startsAt = now;
          state = onFiring(state, { startsAt: timestamp(startsAt), labels: {} }, at, POLICY).next;
        } else if (state === undefined) continue;
        else if (what === "resolved") state = onResolved(state, at);
        else if (what === "begin" && state.pending !== undefined) {
          if (state.running !== undefined || now - lastEnd < POLICY.cooldown) return false;
          state = begin(state, at, POLICY);
          begun.push(now);
        } else if (what === "end" && state.running !== undefined) {
          state = settle(end(state, at, POLICY), undefined, POLICY);
          lastEnd = now;
        } else if (what === "restart") {
          if (state.running !== undefined) lastEnd = state.running.since;
          state = restored(JSON.parse(JSON.stringify(state)) as Attempts, at).next;
        }
        if (state !== undefined && state.count > POLICY.maxAttempts) return false;
      }
      // Never more than three within the time after which they are counted anew.
      return begun.every(
        (time) => begun.filter((other) => other >= time && other < time + POLICY.resetAfter).length <= 3,
      );
    });
    expect(fc.check(property, { numRuns: 2000 })).toMatchObject({ failed: false });
  });
});
