import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Log } from "../../../src/core/log.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import {
  type AttemptPolicy,
  type AttemptState,
  begin,
  createAttemptStore,
  discardPending,
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

const refusalOf = (
  state: AttemptState,
  now: number,
  startsAt: number,
  policy: AttemptPolicy = POLICY,
): string | undefined =>
  onFiring(state, { startsAt: timestamp(startsAt), labels: {} }, timestamp(now), policy).refusal;

describe("attempts", () => {
  const three = [1000, 2000, 3000].reduce<AttemptState | undefined>(
    (state, now) => afterAttempt(state, now, 1000),
    undefined,
  );
  if (three === undefined) throw new Error("no attempts");
  const since = timestamp(1000);

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

  test("are counted from zero after the reset, and one that is pending or runs stays", () => {
    const alert = { startsAt: timestamp(9000), labels: { instance: "web" } };
    const resolved = onResolved({ ...three, exhausted: true }, timestamp(4000));
    const { next } = onFiring({ ...resolved, exhausted: true }, alert, timestamp(9001), POLICY);
    expect(next).toEqual({
      count: 0,
      exhausted: false,
      firingAt: 9001,
      cooldownUntil: 3300,
      pending: { since: 9001, labels: { instance: "web" } },
    });
    expect(onFiring(undefined, alert, timestamp(9001), POLICY).next).toEqual({
      count: 0,
      exhausted: false,
      firingAt: 9001,
      pending: { since: 9001, labels: { instance: "web" } },
    });
    for (const more of [{ pending: { since, labels: {} } }, { running: { since } }]) {
      const refused = onFiring({ ...resolved, ...more }, alert, timestamp(9001), POLICY);
      expect(refused).toEqual({
        next: { count: 0, exhausted: false, firingAt: 9001, cooldownUntil: 3300, ...more },
        refusal: "running",
      });
    }
  });

  test("are not reset by a start in the future of this clock", () => {
    const resolved = onResolved(three, timestamp(4000));
    expect(refusalOf(resolved, 7599, 9000)).toBe("exhausted");
    expect(refusalOf(resolved, 7600, 9000)).toBeUndefined();
  });

  test("are reset by any absence if resetAfter is 0, and not while the alert goes on firing", () => {
    const policy = { ...POLICY, resetAfter: seconds(0) };
    // Last received at 3000.
    expect(refusalOf(three, 9000, 1000, policy)).toBe("exhausted");
    expect(refusalOf(three, 9000, 3000, policy)).toBe("exhausted");
    expect(refusalOf(three, 9000, 3001, policy)).toBeUndefined();
    expect(refusalOf(onResolved(three, timestamp(3000)), 9000, 3000, policy)).toBeUndefined();
  });

  test("are exhausted once the cooldown of the last one is over, if its effect was unknown", () => {
    const last = { count: 3, exhausted: false, firingAt: timestamp(3000), cooldownUntil: timestamp(3300) };
    const after = (now: number, state: AttemptState) =>
      onFiring(state, { startsAt: timestamp(1000), labels: {} }, timestamp(now), POLICY);
    const cases = [
      { now: 3299, before: false, exhausted: false },
      { now: 3299, before: true, exhausted: true },
      { now: 3300, before: false, exhausted: true },
    ];
    for (const { now, before, exhausted } of cases) {
      expect(after(now, { ...last, exhausted: before })).toEqual({
        next: { ...last, firingAt: now, exhausted },
        refusal: "exhausted",
      });
    }
  });

  test.each<[string, Partial<AttemptState>, boolean | undefined, boolean]>([
    ["the last one did not help", {}, false, true],
    ["the last one helped", {}, true, false],
    ["the effect of the last one is unknown", {}, undefined, false],
    ["another one is left", { count: 2 }, false, false],
    ["the alert was resolved meanwhile", { resolvedAt: timestamp(1100) }, false, false],
    ["they were exhausted before", { count: 2, exhausted: true }, true, true],
  ])("are exhausted only if the last one did not help: %s", (_name, more, helped, exhausted) => {
    const state = { count: 3, exhausted: false, firingAt: timestamp(1000), ...more };
    expect(settle({ ...state, running: { since } }, helped, POLICY)).toEqual({ ...state, exhausted });
  });

  test("keep the time of the first notification that the alert is resolved", () => {
    const resolved = onResolved({ ...three, exhausted: true }, timestamp(4000));
    expect(onResolved(resolved, timestamp(5000))).toEqual({ ...three, exhausted: false, resolvedAt: 4000 });
  });

  test("are discarded without a trace while they are pending", () => {
    expect(discardPending({ ...three, pending: { since, labels: {} } })).toEqual(three);
  });

  test("are forgettable once they would be reset", () => {
    const resolved = onResolved(three, timestamp(4000));
    expect([7599, 7600].map((now) => isForgettable(resolved, timestamp(now), POLICY))).toEqual([false, true]);
    expect(isForgettable(three, timestamp(1e9), POLICY)).toBe(false);
  });

  const pending = { count: 1, firingAt: timestamp(900), exhausted: false } as const;
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

describe("stored attempts", () => {
  const since = timestamp(1000);
  const state: AttemptState = {
    count: 2,
    firingAt: since,
    exhausted: false,
    cooldownUntil: timestamp(1300),
    pending: { since, labels: { instance: "web", empty: "" } },
  };

  test.each<[string, Partial<AttemptState>]>([
    ["pending", {}],
    ["pending without labels", { pending: { since, labels: {} } }],
    ["running", { running: { since } }],
    ["resolved", { resolvedAt: since }],
  ])("are read back: %s", (_name, more) => {
    expect(readAttemptState({ ...state, ...more })).toEqual({ ...state, ...more });
    const { pending: _pending, cooldownUntil: _cooldownUntil, ...plain } = { ...state, ...more };
    expect(readAttemptState(plain)).toEqual(plain);
  });

  const malformed = {
    count: ["1", 1.5, undefined],
    firingAt: [null, "today", undefined],
    exhausted: [0, undefined],
    resolvedAt: [null, "today"],
    cooldownUntil: ["soon", 1e15],
    pending: [
      null,
      "yes",
      { labels: {} },
      { since },
      { since, labels: null },
      { since, labels: "web" },
      { since, labels: { instance: "web", port: 80 } },
      { since: "now", labels: {} },
    ],
    running: [null, true, {}, { since: null }],
  };
  test.each(
    Object.entries(malformed).flatMap(([key, values]) => values.map((value) => [key, value] as const)),
  )("are not read with %s %j", (key, value) => {
    expect(readAttemptState({ ...state, [key]: value })).toBeUndefined();
  });

  test.each([undefined, null, 1, "text", [state]])("are not read from %j", (value) => {
    expect(readAttemptState(value)).toBeUndefined();
  });

  /** Opens the attempts in a store as after a restart, with what is logged as errors. */
  function open(store = createMemory().namespace("attempts")) {
    const errors: object[] = [];
    const quiet = (): void => {};
    const error: Log["error"] = (fields) => void errors.push(fields);
    const attempts = createAttemptStore(store, { debug: quiet, info: quiet, warn: quiet, error });
    return { attempts, errors, store };
  }

  test("are those of an action and a target, also after a restart", () => {
    const { attempts, store } = open();
    const other = { ...state, count: 3 };
    attempts.put("restart", "web", other);
    attempts.put("restart", "web", state);
    attempts.put("restart", "db", other);
    attempts.put("scale", "web", other);
    for (const { attempts: now, errors } of [{ attempts, errors: [] }, open(store)]) {
      expect(now.get("restart", "web")).toEqual(state);
      expect(now.get("restart", "cache")).toBeUndefined();
      expect(["restart", "scale", "drain"].map((action) => now.count(action))).toEqual([2, 1, 0]);
      expect(now.list()).toEqual([
        { action: "restart", target: "web", state },
        { action: "restart", target: "db", state: other },
        { action: "scale", target: "web", state: other },
      ]);
      expect(errors).toEqual([]);
    }
    attempts.delete("restart", "web");
    for (const { attempts: now } of [{ attempts }, open(store)]) {
      expect(now.get("restart", "web")).toBeUndefined();
      expect(now.list()).toHaveLength(2);
    }
  });

  test.each([
    ["a state that is malformed", '["restart","web"]', { ...state, count: "2" }],
    ["a key that is no JSON", "restart web", state],
    ["a key with one name", '["restart"]', state],
    ["a key with three names", '["restart","web","db"]', state],
    ["a key with a number", '["restart",5]', state],
    ["a key with a number first", '[5,"web"]', state],
    ["a key that is no list", '"ab"', state],
  ])("that cannot be read are deleted and logged: %s", (_name, key, value) => {
    const { store } = open();
    store.put('["scale","web"]', state);
    store.put(key, value);
    const { attempts, errors } = open(store);
    expect(attempts.list()).toEqual([{ action: "scale", target: "web", state }]);
    expect([...store.entries()]).toEqual([['["scale","web"]', state]]);
    expect(errors).toEqual([{ key }]);
  });
});
