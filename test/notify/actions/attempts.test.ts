import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seconds, timestamp } from "../../../src/core/units.ts";
import {
  type AttemptState,
  begin,
  end,
  isForgettable,
  onFiring,
  onResolved,
  readAttemptState,
  restored,
  settle,
} from "../../../src/notify/actions/attempts.ts";

const POLICY = { maxAttempts: 3, cooldown: seconds(300), resetAfter: seconds(3600) };

/** Returns the state after one failed attempt. */
function afterAttempt(state: AttemptState | undefined, now: number, startsAt = now): AttemptState {
  const { next, refusal } = onFiring(
    state,
    { startsAt: timestamp(startsAt), labels: {} },
    timestamp(now),
    POLICY,
  );
  expect(refusal).toBeUndefined();
  return settle(end(begin(next, timestamp(now), POLICY), timestamp(now), POLICY), false, POLICY);
}

const refusalOf = (state: AttemptState, now: number, startsAt: number): string | undefined =>
  onFiring(state, { startsAt: timestamp(startsAt), labels: {} }, timestamp(now), POLICY).refusal;

describe("attempts", () => {
  const three = [1000, 2000, 3000].reduce<AttemptState | undefined>(
    (state, now) => afterAttempt(state, now, 1000),
    undefined,
  );
  if (three === undefined) throw new Error("no attempts");

  test("are exhausted when the last one did not help", () => {
    expect(three).toMatchObject({ count: 3, exhausted: true });
    expect(refusalOf(three, 9000, 1000)).toBe("exhausted");
  });

  test("are reset once the alert has been resolved for resetAfter", () => {
    const resolved = onResolved(three, timestamp(4000));
    expect(resolved.exhausted).toBe(false);
    expect(refusalOf(resolved, 7599, 7599)).toBe("exhausted");
    expect(refusalOf(resolved, 7600, 7600)).toBeUndefined();
    // Measured until the alert started again, not until its notification arrived.
    expect(refusalOf(resolved, 9000, 4100)).toBe("exhausted");
  });

  test("are reset after a new start even if no notification said that the alert was resolved", () => {
    expect(refusalOf(three, 9000, 3000 + 3600)).toBeUndefined();
    expect(refusalOf(three, 9000, 3000 + 3599)).toBe("exhausted");
  });

  test("are forgettable once they would be reset", () => {
    const resolved = onResolved(three, timestamp(4000));
    expect([7599, 7600].map((now) => isForgettable(resolved, timestamp(now), POLICY))).toEqual([false, true]);
    expect(isForgettable(three, timestamp(1e9), POLICY)).toBe(false);
  });

  const pending = { count: 1, firingAt: timestamp(900), exhausted: false } as const;
  const since = timestamp(1000);
  test.each([
    ["nothing pending", {}, 1000, "nothing"],
    ["pending for ten minutes", { pending: { since, labels: {} } }, 1600, "resume"],
    ["pending for longer", { pending: { since, labels: {} } }, 1601, "stale"],
    ["pending, the clock set back by ten minutes", { pending: { since, labels: {} } }, 400, "resume"],
    ["pending, the clock set back by more", { pending: { since, labels: {} } }, 399, "stale"],
    ["running", { running: { since } }, 1001, "interrupted"],
    [
      "running, and another pending",
      { running: { since }, pending: { since, labels: {} } },
      1001,
      "interrupted",
    ],
  ])("are taken up again after a restart: %s", (_name, more, now, todo) => {
    const { next, todo: got } = restored({ ...pending, ...more }, timestamp(now));
    expect(got).toBe(todo);
    expect(next).not.toHaveProperty("running");
    expect("pending" in next).toBe("pending" in more && todo !== "stale");
    expect(next.count).toBe(1);
  });

  test("cool down for exactly the cooldown, from their start and again from their end", () => {
    const alert = { startsAt: timestamp(1000), labels: {} };
    const first = onFiring(undefined, alert, timestamp(1000), POLICY).next;
    const begun = begin(first, timestamp(1000), POLICY);
    expect(begun).toMatchObject({ count: 1, running: { since: 1000 }, cooldownUntil: 1300 });
    expect(begun).not.toHaveProperty("pending");
    const ended = settle(end(begun, timestamp(1100), POLICY), false, POLICY);
    expect(ended).not.toHaveProperty("running");
    expect([1399, 1400].map((now) => refusalOf(ended, now, 1000))).toEqual(["cooldown", undefined]);
  });

  test("are not forgotten while one is pending, runs or cools down", () => {
    const resolved = { ...pending, resolvedAt: timestamp(1000) };
    const now = timestamp(1000 + 3600);
    const isForgotten = (more: Partial<AttemptState>) => isForgettable({ ...resolved, ...more }, now, POLICY);
    expect(isForgotten({})).toBe(true);
    expect(isForgotten({ pending: { since, labels: {} } })).toBe(false);
    expect(isForgotten({ running: { since } })).toBe(false);
    expect(isForgotten({ cooldownUntil: timestamp(now + 1) })).toBe(false);
    expect(isForgotten({ cooldownUntil: now })).toBe(true);
  });

  test("are read back as stored, and malformed values are rejected", () => {
    expect(readAttemptState(JSON.parse(JSON.stringify(three)))).toEqual(three);
    for (const broken of [
      { count: "1" },
      { firingAt: null },
      { exhausted: 0 },
      { pending: { since: 1, labels: { a: 1 } } },
      { running: {} },
      { cooldownUntil: "soon" },
    ]) {
      expect(readAttemptState({ ...three, ...broken })).toBeUndefined();
    }
  });

  test("never overlap, never start within the cooldown and never exceed the limit, in any sequence of events", () => {
    const event = fc.constantFrom("firing", "resolved", "begin", "end", "restart", "wait", "wait long");
    const property = fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let now = 0;
      let state: AttemptState | undefined;
      let startsAt = 0;
      const begun: number[] = [];
      let lastEnd = Number.NEGATIVE_INFINITY;
      for (const event of events) {
        const at = timestamp(now);
        if (event === "wait") now += 200;
        else if (event === "wait long") now += 4000;
        else if (event === "firing") {
          if (state?.resolvedAt !== undefined) startsAt = now;
          state = onFiring(state, { startsAt: timestamp(startsAt), labels: {} }, at, POLICY).next;
        } else if (state === undefined) continue;
        else if (event === "resolved") state = onResolved(state, at);
        else if (event === "begin" && state.pending !== undefined) {
          if (state.running !== undefined || now - lastEnd < POLICY.cooldown) return false;
          state = begin(state, at, POLICY);
          begun.push(now);
        } else if (event === "end" && state.running !== undefined) {
          state = settle(end(state, at, POLICY), undefined, POLICY);
          lastEnd = now;
        } else if (event === "restart") {
          if (state.running !== undefined) lastEnd = state.running.since;
          state = restored(JSON.parse(JSON.stringify(state)) as AttemptState, at).next;
        }
        if (state !== undefined && state.count > POLICY.maxAttempts) return false;
      }
      // Never more than three within `resetAfter`.
      return begun.every(
        (time) => begun.filter((other) => other >= time && other < time + POLICY.resetAfter).length <= 3,
      );
    });
    expect(fc.check(property, { numRuns: 2000 })).toMatchObject({ failed: false });
  });
});
