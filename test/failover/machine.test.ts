import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FailureReason } from "../../src/core/reasons.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  type FailoverEffect,
  type FailoverEvent,
  type FailoverPolicy,
  type FailoverState,
  initialState,
  step,
} from "../../src/failover/machine.ts";

const START = 1_757_943_000;
const at = (offset: number) => timestamp(START + offset);

const policy: FailoverPolicy = {
  failures: 3,
  successes: 2,
  minDwell: seconds(0),
  ignoreReasons: new Set(["bad_request"]),
  failover: { maxDuration: seconds(1800) },
  interval: seconds(1),
  configuration: "first",
};

type UntimedEvent = FailoverEvent extends infer E ? (E extends FailoverEvent ? Omit<E, "at"> : never) : never;

/** Steps a new state through events, one per second. */
function play(
  events: readonly UntimedEvent[],
  limits: FailoverPolicy = policy,
): { state: FailoverState; effects: FailoverEffect[] } {
  let state = initialState(at(0));
  const effects: FailoverEffect[] = [];
  for (const [i, event] of events.entries()) {
    const stepped = step(state, { ...event, at: at(i + 1) }, limits);
    state = stepped.next;
    effects.push(...stepped.effects);
  }
  return { state, effects };
}

/** Returns a result per letter: `x` a failure, `o` a success, `i` a failure with an ignored reason, `w` a wrong answer. */
const results = (story: string, firstId = 1): UntimedEvent[] =>
  story.split("").map((c, i): UntimedEvent => {
    const id = firstId + i;
    if (c === "o") return { kind: "result", id, ok: true, answered: true };
    if (c === "i") return { kind: "result", id, ok: false, reason: "bad_request", answered: false };
    if (c === "w") return { kind: "result", id, ok: false, reason: "content_mismatch", answered: true };
    return { kind: "result", id, ok: false, reason: "timeout", answered: false };
  });

const modes = (effects: readonly FailoverEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === "mode" ? [`${effect.to}@${effect.at - START} ${effect.cause}`] : [],
  );

describe("the last failure", () => {
  it.each([
    { story: "ooo", wanted: undefined },
    { story: "xo", wanted: { at: at(1), reason: "timeout" } },
    { story: "xwoo", wanted: { at: at(2), reason: "content_mismatch" } },
    { story: "xio", wanted: { at: at(2), reason: "bad_request" } },
  ])("after $story is the newest failed probe, counted or not", ({ story, wanted }) => {
    expect(play(results(story)).state.lastFailure).toEqual(wanted);
  });

  it("is not a probe that was held back", () => {
    const held = { kind: "held", reason: "rate_limited" } as const;
    expect(play([...results("x"), held]).state.lastFailure).toEqual({ at: at(1), reason: "timeout" });
  });
});

describe("step", () => {
  it.each([
    { story: "", health: "unknown", mode: "primary", changes: [] },
    { story: "o", health: "healthy", mode: "primary", changes: [] },
    { story: "xxo", health: "healthy", mode: "primary", changes: [] },
    { story: "oo", health: "healthy", mode: "primary", changes: [] },
    { story: "xx", health: "unknown", mode: "primary", changes: [] },
    { story: "xxx", health: "unhealthy", mode: "fallback", changes: ["fallback@3 threshold"] },
    { story: "ooxx", health: "healthy", mode: "primary", changes: [] },
    { story: "ooxxoxx", health: "healthy", mode: "primary", changes: [] },
    { story: "ooxxx", health: "unhealthy", mode: "fallback", changes: ["fallback@5 threshold"] },
    { story: "xxxo", health: "unhealthy", mode: "fallback", changes: ["fallback@3 threshold"] },
    { story: "xxxoxo", health: "unhealthy", mode: "fallback", changes: ["fallback@3 threshold"] },
    {
      story: "xxxoo",
      health: "healthy",
      mode: "primary",
      changes: ["fallback@3 threshold", "primary@5 threshold"],
    },
    { story: "xxiix", health: "unhealthy", mode: "fallback", changes: ["fallback@5 threshold"] },
    { story: "iiiii", health: "unknown", mode: "primary", changes: [] },
    {
      story: "xxxoio",
      health: "healthy",
      mode: "primary",
      changes: ["fallback@3 threshold", "primary@6 threshold"],
    },
    { story: "www", health: "unhealthy", mode: "fallback", changes: ["fallback@3 threshold"] },
  ])("after '$story' the target is $health in mode $mode", ({ story, health, mode, changes }) => {
    const { state, effects } = play(results(story));
    expect(state.health).toBe(health);
    expect(state.mode).toBe(mode);
    expect(modes(effects)).toEqual(changes);
  });

  it("counts a result once, however often it is passed in", () => {
    const [failure] = results("x");
    const { state } = play([failure, failure, failure, failure].filter((event) => event !== undefined));
    expect(state.consecutiveFailures).toBe(1);
    expect(state.mode).toBe("primary");
  });

  it("takes an ignored failure that was answered as a sign of the model, and one that was not as none", () => {
    const ignored = (answered: boolean): UntimedEvent => {
      return { kind: "result", id: 9, ok: false, reason: "bad_request", answered };
    };
    expect(play([...results("x"), ignored(true)]).state).toMatchObject({ modelAvailable: true });
    expect(play([...results("x"), ignored(false)]).state).toMatchObject({ modelAvailable: false });
    expect(play([ignored(false)]).state).not.toHaveProperty("modelAvailable");
  });

  it("knows no more of a model that was available once its configuration is wrong, but still of one that was not", () => {
    const strict = { ...policy, ignoreUntilSuccess: true };
    const mistake = (id: number): UntimedEvent => ({ kind: "result", id, ok: false, reason: "bad_request" });
    expect(play([...results("w"), mistake(9)], strict).state).not.toHaveProperty("modelAvailable");
    expect(play([...results("x"), mistake(9)], strict).state).toMatchObject({ modelAvailable: false });
  });

  it("forces nothing on a target without failover", () => {
    const { failover: _none, ...without } = policy;
    const { state, effects } = play([{ kind: "force", mode: "fallback" }], without);
    expect({ forced: state.forced, effects }).toEqual({ forced: undefined, effects: [] });
  });

  it("is not held in a mode by a clock that was set back", () => {
    const limits = { ...policy, minDwell: seconds(60) };
    const { state } = play(results("xxx"), limits);
    expect(state.mode).toBe("fallback");
    const recovered = (from: number): string => {
      let next = state;
      for (const [i, event] of results("oo", 10).entries())
        next = step(next, { ...event, at: at(from + i) }, limits).next;
      return next.mode;
    };
    expect([recovered(10), recovered(100), recovered(-1000)]).toEqual(["fallback", "primary", "primary"]);
  });

  it("counts a wrong answer as available but unhealthy", () => {
    expect(play(results("www")).state).toMatchObject({ modelAvailable: true, health: "unhealthy" });
    expect(play(results("ox")).state).toMatchObject({ modelAvailable: false });
  });

  it("does not change availability on a failure with an ignored reason", () => {
    expect(play(results("oi")).state).toMatchObject({
      modelAvailable: true,
      consecutiveSuccesses: 1,
      lastProbeAt: at(2),
    });
  });

  describe("when reasons are ignored until the first success", () => {
    const doubting: FailoverPolicy = { ...policy, ignoreUntilSuccess: true };

    it("does not count failures of a configuration that never worked, and reports them once", () => {
      const { state, effects } = play(results("iiiiiii"), doubting);
      expect(state).toMatchObject({ health: "unknown", mode: "primary", consecutiveFailures: 0 });
      expect(effects).toEqual([{ kind: "misconfigured", reason: "bad_request", at: at(1) }]);
    });

    it("counts them like any other failure after a success", () => {
      const { state, effects } = play(results("ooiii"), doubting);
      expect(state).toMatchObject({ health: "unhealthy", mode: "fallback", modelAvailable: false });
      expect(modes(effects)).toEqual(["fallback@5 threshold"]);
    });

    it("counts a mixture of reasons as one streak", () => {
      expect(play(results("oixi"), doubting).state).toMatchObject({
        mode: "fallback",
        consecutiveFailures: 3,
      });
    });

    it("trusts a changed configuration only after its own first success, and a health of before no longer", () => {
      const { state: proven } = play(results("oo"), doubting);
      const changed = { ...doubting, configuration: "second" };
      const refused = step(
        proven,
        { kind: "result", id: 3, ok: false, reason: "bad_request", at: at(3) },
        changed,
      );
      expect(refused.next).toMatchObject({ health: "unknown", mode: "primary", consecutiveFailures: 0 });
      expect(refused.next.modelAvailable).toBeUndefined();
      expect(refused.effects).toEqual([
        { kind: "health", from: "healthy", to: "unknown", at: at(3) },
        { kind: "misconfigured", reason: "bad_request", at: at(3) },
      ]);
      const accepted = step(refused.next, { kind: "result", id: 4, ok: true, at: at(4) }, changed).next;
      const later = step(
        accepted,
        { kind: "result", id: 5, ok: false, reason: "bad_request", at: at(5) },
        changed,
      );
      expect(later.next).toMatchObject({ health: "healthy", consecutiveFailures: 1 });
    });

    it("reports the mistake again after a success in between and another configuration", () => {
      const { state } = play(results("i"), doubting);
      const third = { ...doubting, configuration: "third" };
      const again = step(
        state,
        { kind: "result", id: 2, ok: false, reason: "bad_request", at: at(2) },
        third,
      );
      expect(again.effects).toEqual([{ kind: "misconfigured", reason: "bad_request", at: at(2) }]);
    });
  });

  describe("when the target holds probes back", () => {
    const held = (reason: FailureReason = "rate_limited"): UntimedEvent => ({ kind: "held", reason });

    it("counts each probe that was due as a failure", () => {
      const { state, effects } = play([...results("oox"), held(), held()]);
      expect(state).toMatchObject({ mode: "fallback", health: "unhealthy", consecutiveFailures: 3 });
      expect(modes(effects)).toEqual(["fallback@5 threshold"]);
    });

    it("counts several askers of one interval once", () => {
      const { state } = play([...results("x"), held(), held(), held()], { ...policy, interval: seconds(30) });
      expect(state.consecutiveFailures).toBe(1);
    });

    it("counts on when the clock was set back", () => {
      const { state } = play(results("x"), { ...policy, interval: seconds(30) });
      const { next } = step(state, { kind: "held", reason: "rate_limited", at: at(-100) }, policy);
      expect(next.consecutiveFailures).toBe(2);
    });

    it("ignores the reasons that are ignored", () => {
      const ignoring = { ...policy, ignoreReasons: new Set<FailureReason>(["rate_limited"]) };
      expect(play([...results("o"), held(), held(), held()], ignoring).state).toMatchObject({
        health: "healthy",
        consecutiveFailures: 0,
      });
    });

    it("ends a streak of successes that a fallback had begun", () => {
      const story = [...results("xxxo"), held(), ...results("o", 5)];
      expect(play(story).state).toMatchObject({ mode: "fallback", consecutiveSuccesses: 1 });
    });
  });

  it("keeps a manual failover until enough successes follow it", () => {
    const story: UntimedEvent[] = [...results("ooooo"), { kind: "failover" }, ...results("o", 6)];
    expect(play(story).state.mode).toBe("fallback");
    expect(play([...story, ...results("o", 7)]).state.mode).toBe("primary");
  });

  it("keeps a manual recovery until enough failures follow it", () => {
    const story: UntimedEvent[] = [...results("xxxx"), { kind: "recovery" }, ...results("xx", 5)];
    expect(play(story).state.mode).toBe("primary");
    expect(play([...story, ...results("x", 7)]).state.mode).toBe("fallback");
  });

  it("keeps a forced mode whatever the results, and applies them at once after auto", () => {
    const forced: UntimedEvent[] = [
      ...results("oo"),
      { kind: "force", mode: "primary" },
      ...results("xxxxx", 3),
    ];
    expect(play(forced).state).toMatchObject({ mode: "primary", health: "unhealthy", forced: {} });
    const { state, effects } = play([...forced, { kind: "auto" }]);
    expect(state.forced).toBeUndefined();
    expect(modes(effects)).toEqual(["fallback@9 threshold"]);
  });

  it("ends a forced mode when its duration is over", () => {
    const story: UntimedEvent[] = [
      { kind: "force", mode: "fallback", lasting: seconds(3) },
      { kind: "tick" },
      { kind: "tick" },
    ];
    expect(play(story).state.forced).toEqual({ until: at(4) });
    const { state, effects } = play([...story, { kind: "tick" }]);
    expect(state.forced).toBeUndefined();
    expect(effects.at(-1)).toEqual({ kind: "force_ended", at: at(4) });
    // No result is against fallback, so it stays.
    expect(state.mode).toBe("fallback");
  });

  it("stays in a mode for min_dwell, except in the initial one", () => {
    const dwelling = { ...policy, minDwell: seconds(10) };
    expect(modes(play(results("xxxooooooooooo"), dwelling).effects)).toEqual([
      "fallback@3 threshold",
      "primary@13 threshold",
    ]);
  });

  it("reports an overdue fallback once and does not end it", () => {
    const short = { ...policy, failover: { maxDuration: seconds(2) } };
    const ticks: UntimedEvent[] = Array.from({ length: 6 }, () => ({ kind: "tick" }));
    const { state, effects } = play([...results("xxx"), ...ticks], short);
    expect(effects.filter(({ kind }) => kind === "overdue")).toEqual([
      { kind: "overdue", since: at(3), at: at(6) },
    ]);
    expect(state).toMatchObject({ mode: "fallback", overdue: true });
  });

  it("never leaves primary without failover, even by command", () => {
    const { failover: _none, ...without } = policy;
    const story: UntimedEvent[] = [
      ...results("xxxx"),
      { kind: "failover" },
      { kind: "force", mode: "fallback" },
    ];
    expect(play(story, without).state).toMatchObject({ mode: "primary", health: "unhealthy", triggered: 0 });
  });

  it("counts failovers and recoveries", () => {
    expect(play(results("xxxooxxxoo")).state).toMatchObject({ triggered: 2, recovered: 2 });
  });
});

describe("properties of step", () => {
  const story = fc.array(fc.constantFrom("o", "x", "i", "w"), { maxLength: 60 });
  const thresholds = fc.record({
    failures: fc.integer({ min: 1, max: 5 }),
    successes: fc.integer({ min: 1, max: 5 }),
  });

  it("enters fallback only after the threshold of failures, and primary only after that of successes", () => {
    fc.assert(
      fc.property(story, thresholds, (letters, limits) => {
        const events = results(letters.join(""));
        const counted: string[] = [];
        let state = initialState(at(0));
        for (const [i, event] of events.entries()) {
          if (letters[i] !== "i") counted.push(letters[i] === "o" ? "o" : "x");
          const { next, effects } = step(state, { ...event, at: at(i) }, { ...policy, ...limits });
          for (const effect of effects) {
            if (effect.kind !== "mode") continue;
            const [length, wanted] =
              effect.to === "fallback" ? [limits.failures, "x"] : [limits.successes, "o"];
            expect(counted.slice(-length)).toEqual(Array.from({ length }, () => wanted));
          }
          state = next;
        }
      }),
    );
  });

  it("is in fallback exactly if the last streak to reach its threshold was of failures", () => {
    fc.assert(
      fc.property(story, thresholds, (letters, limits) => {
        const { state } = play(results(letters.join("")), { ...policy, ...limits });
        const counted = letters.filter((c) => c !== "i").map((c) => (c === "o" ? "o" : "x"));
        let expected = "primary";
        let run = 0;
        for (const [i, c] of counted.entries()) {
          run = counted[i - 1] === c ? run + 1 : 1;
          if (c === "x" && run >= limits.failures) expected = "fallback";
          if (c === "o" && run >= limits.successes) expected = "primary";
        }
        expect(state.mode).toBe(expected);
      }),
    );
  });

  it("changes the mode by results at most once per min_dwell", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 20 }), (letters, dwell) => {
        const { effects } = play(results(letters.join("")), {
          ...policy,
          failures: 1,
          successes: 1,
          minDwell: seconds(dwell),
        });
        const times = effects.flatMap((effect) => (effect.kind === "mode" ? [effect.at] : []));
        const stays = times.slice(1).map((time, i) => time - (times[i] ?? 0));
        expect(stays.filter((stay) => stay < dwell)).toEqual([]);
      }),
    );
  });

  it("never has both streaks, alternates changes, and keeps a forced mode", () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant("result" as const), ok: fc.boolean(), answered: fc.boolean() }),
      fc.record({
        kind: fc.constantFrom("failover" as const, "recovery" as const, "auto" as const, "tick" as const),
      }),
      fc.record({
        kind: fc.constant("force" as const),
        mode: fc.constantFrom("primary" as const, "fallback" as const),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        let state = initialState(at(0));
        for (const [i, raw] of events.entries()) {
          const event: FailoverEvent =
            raw.kind === "result"
              ? { ...raw, id: i + 1, at: at(i), ...(raw.ok ? {} : { reason: "timeout" as const }) }
              : { ...raw, at: at(i) };
          const { next } = step(state, event, policy);
          expect(Math.min(next.consecutiveFailures, next.consecutiveSuccesses)).toBe(0);
          expect([0, 1]).toContain(next.triggered - next.recovered);
          expect(next.mode).toBe(next.triggered > next.recovered ? "fallback" : "primary");
          if (state.forced !== undefined && event.kind === "result") expect(next.mode).toBe(state.mode);
          state = next;
        }
      }),
    );
  });
});
