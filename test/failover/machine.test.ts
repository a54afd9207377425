import fc from "fast-check";
import { describe, expect, it } from "vitest";
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
};

type Told = FailoverEvent extends infer E ? (E extends FailoverEvent ? Omit<E, "at"> : never) : never;

/** Tells a machine a story, one event per second. */
function play(
  told: readonly Told[],
  with_: FailoverPolicy = policy,
): { state: FailoverState; effects: FailoverEffect[] } {
  let state = initialState(at(0));
  const effects: FailoverEffect[] = [];
  for (const [i, event] of told.entries()) {
    const stepped = step(state, { ...event, at: at(i + 1) }, with_);
    state = stepped.next;
    effects.push(...stepped.effects);
  }
  return { state, effects };
}

/** `x` a failure, `o` a success, `i` a failure for an ignored reason, `w` a wrong answer. */
const results = (story: string, firstId = 1): Told[] =>
  story.split("").map((c, i): Told => {
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

describe("step", () => {
  it.each([
    { story: "", health: "unknown", mode: "primary", changes: [] },
    { story: "o", health: "unknown", mode: "primary", changes: [] },
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

  it("counts a result once, however often it is shown", () => {
    const [failure] = results("x");
    const { state } = play([failure, failure, failure, failure].filter((event) => event !== undefined));
    expect(state.consecutiveFailures).toBe(1);
    expect(state.mode).toBe("primary");
  });

  it("tells alive from correct", () => {
    expect(play(results("www")).state).toMatchObject({ modelAvailable: true, health: "unhealthy" });
    expect(play(results("ox")).state).toMatchObject({ modelAvailable: false });
  });

  it("leaves availability alone when the reason is ignored", () => {
    expect(play(results("oi")).state).toMatchObject({
      modelAvailable: true,
      consecutiveSuccesses: 1,
      lastProbeAt: at(2),
    });
  });

  it("keeps a manual failover until there are enough successes since", () => {
    const story: Told[] = [...results("ooooo"), { kind: "failover" }, ...results("o", 6)];
    expect(play(story).state.mode).toBe("fallback");
    expect(play([...story, ...results("o", 7)]).state.mode).toBe("primary");
  });

  it("keeps a manual recovery until there are enough failures since", () => {
    const story: Told[] = [...results("xxxx"), { kind: "recovery" }, ...results("xx", 5)];
    expect(play(story).state.mode).toBe("primary");
    expect(play([...story, ...results("x", 7)]).state.mode).toBe("fallback");
  });

  it("holds a forced mode against all results, and follows them at once after auto", () => {
    const forced: Told[] = [...results("oo"), { kind: "force", mode: "primary" }, ...results("xxxxx", 3)];
    expect(play(forced).state).toMatchObject({ mode: "primary", health: "unhealthy", forced: {} });
    const { state, effects } = play([...forced, { kind: "auto" }]);
    expect(state.forced).toBeUndefined();
    expect(modes(effects)).toEqual(["fallback@9 threshold"]);
  });

  it("ends a force that was for a while with the clock", () => {
    const story: Told[] = [
      { kind: "force", mode: "fallback", lasting: seconds(3) },
      { kind: "tick" },
      { kind: "tick" },
    ];
    expect(play(story).state.forced).toEqual({ until: at(4) });
    const { state, effects } = play([...story, { kind: "tick" }]);
    expect(state.forced).toBeUndefined();
    expect(effects.at(-1)).toEqual({ kind: "force_ended", at: at(4) });
    // Nothing has spoken against fallback, so it stays until results do.
    expect(state.mode).toBe("fallback");
  });

  it("stays in a mode for min_dwell, but not in the first one", () => {
    const dwelling = { ...policy, minDwell: seconds(10) };
    expect(modes(play(results("xxxooooooooooo"), dwelling).effects)).toEqual([
      "fallback@3 threshold",
      "primary@13 threshold",
    ]);
  });

  it("reports a fallback that lasts too long once, and does not end it", () => {
    const short = { ...policy, failover: { maxDuration: seconds(2) } };
    const ticks: Told[] = Array.from({ length: 6 }, () => ({ kind: "tick" }));
    const { state, effects } = play([...results("xxx"), ...ticks], short);
    expect(effects.filter(({ kind }) => kind === "overdue")).toEqual([
      { kind: "overdue", since: at(3), at: at(6) },
    ]);
    expect(state).toMatchObject({ mode: "fallback", overdue: true });
  });

  it("never leaves primary without failover, whatever is ordered", () => {
    const { failover: _none, ...without } = policy;
    const story: Told[] = [...results("xxxx"), { kind: "failover" }, { kind: "force", mode: "fallback" }];
    expect(play(story, without).state).toMatchObject({ mode: "primary", health: "unhealthy", triggered: 0 });
  });

  it("counts both directions", () => {
    expect(play(results("xxxooxxxoo")).state).toMatchObject({ triggered: 2, recovered: 2 });
  });
});

describe("properties of step", () => {
  const story = fc.array(fc.constantFrom("o", "x", "i", "w"), { maxLength: 60 });
  const thresholds = fc.record({
    failures: fc.integer({ min: 1, max: 5 }),
    successes: fc.integer({ min: 1, max: 5 }),
  });

  it("enters fallback only after so many failures in a row, and primary only after so many successes", () => {
    fc.assert(
      fc.property(story, thresholds, (told, limits) => {
        const events = results(told.join(""));
        const counted: string[] = [];
        let state = initialState(at(0));
        for (const [i, event] of events.entries()) {
          if (told[i] !== "i") counted.push(told[i] === "o" ? "o" : "x");
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

  it("is in fallback exactly when the last decisive streak was of failures", () => {
    fc.assert(
      fc.property(story, thresholds, (told, limits) => {
        const { state } = play(results(told.join("")), { ...policy, ...limits });
        const counted = told.filter((c) => c !== "i").map((c) => (c === "o" ? "o" : "x"));
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

  it("changes the mode by results at most once per min_dwell after the first change", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 20 }), (told, dwell) => {
        const { effects } = play(results(told.join("")), {
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

  it("keeps its books: streaks exclude each other, changes alternate, a forced mode holds", () => {
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
          const told: FailoverEvent =
            raw.kind === "result"
              ? { ...raw, id: i + 1, at: at(i), ...(raw.ok ? {} : { reason: "timeout" as const }) }
              : { ...raw, at: at(i) };
          const { next } = step(state, told, policy);
          expect(Math.min(next.consecutiveFailures, next.consecutiveSuccesses)).toBe(0);
          expect([0, 1]).toContain(next.triggered - next.recovered);
          expect(next.mode).toBe(next.triggered > next.recovered ? "fallback" : "primary");
          if (state.forced !== undefined && told.kind === "result") expect(next.mode).toBe(state.mode);
          state = next;
        }
      }),
    );
  });
});
