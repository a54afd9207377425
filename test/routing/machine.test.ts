import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  initialRoute,
  type RouteEffect,
  type RouteEvent,
  type RoutePolicy,
  type RouteState,
  step,
  type Usability,
} from "../../src/routing/machine.ts";

const START = 1_757_943_000;
const at = (offset: number) => timestamp(START + offset);

const NAMES = ["a", "b", "c"] as const;
const policy: RoutePolicy = {
  order: NAMES.map((name) => ({ kind: "target", name })),
  whenNone: "last",
  preferBackAfter: seconds(5),
  minDwell: seconds(2),
};

const USABILITY: Readonly<Record<string, Usability>> = { o: "usable", x: "unusable", "?": "unknown" };

/** Returns the usability of members by one letter each: `o` usable, `x` unusable, `?` unknown. */
const membersOf = (letters: string) => (name: string) =>
  USABILITY[letters.charAt(NAMES.findIndex((one) => one === name))] ?? "unknown";

/** One second of a story: the letters of the members, and an event other than the passage of time. */
type Moment = string | readonly [letters: string, event: RouteEvent];

/** Plays a story, one moment per second, and returns the member in use after each one, with all effects. */
function play(story: readonly Moment[], rules: RoutePolicy = policy, first?: RouteState) {
  let state = first ?? initialRoute(at(0));
  const uses: (string | undefined)[] = [];
  const effects: RouteEffect[] = [];
  const states: RouteState[] = [];
  for (const [i, moment] of story.entries()) {
    const [letters, event] = typeof moment === "string" ? [moment, { kind: "evaluate" } as const] : moment;
    const stepped = step(state, event, rules, membersOf(letters), at(i));
    state = stepped.next;
    states.push(state);
    uses.push(state.use);
    effects.push(...stepped.effects);
  }
  return { uses: uses.map((use) => use ?? "-").join(""), effects, state, states };
}

const force = (target: string, lasting?: number): RouteEvent => ({
  kind: "force",
  target,
  ...(lasting === undefined ? {} : { lasting: seconds(lasting) }),
});
const exclude = (target: string, lasting?: number): RouteEvent =>
  ({ ...force(target, lasting), kind: "exclude" }) as RouteEvent;

describe("step", () => {
  it.each<{ name: string; story: readonly Moment[]; uses: string; rules?: Partial<RoutePolicy> }>([
    { name: "uses the preferred member", story: ["ooo", "ooo"], uses: "aa" },
    { name: "uses the next one while it is unusable", story: ["ooo", "xoo", "xxo"], uses: "abc" },
    {
      name: "returns to the preferred one once it has been usable for prefer_back_after",
      story: ["ooo", "xoo", "ooo", "ooo", "ooo", "ooo", "ooo", "ooo"],
      uses: "abbbbbba",
    },
    {
      name: "counts that time again after each failure",
      story: ["ooo", "xoo", "ooo", "ooo", "ooo", "xoo", "ooo", "ooo", "ooo"],
      uses: "abbbbbbbb",
    },
    {
      name: "prefers a member that is ready to a preferred one that has just failed",
      story: ["ooo", "xoo", "oxo"],
      uses: "abc",
    },
    {
      name: "takes one that has just failed if there is no other",
      story: ["oox", "xox", "xox", "oxx", "oxx"],
      uses: "abbaa",
    },
    {
      name: "keeps a failing member for min_dwell while no other is ready",
      story: ["oxx", "xox", "xox", "xox", "xox"],
      uses: "aaabb",
      rules: { minDwell: seconds(3) },
    },
    { name: "never prefers an unknown member to a usable one", story: ["?oo", "?oo"], uses: "bb" },
    {
      name: "distrusts a member that failed at the start",
      story: ["xoo", "ooo", "ooo", "ooo", "ooo", "ooo", "ooo"],
      uses: "bbbbbba",
    },
    {
      name: "takes one behind that has been usable for min_dwell since it failed before one behind that",
      story: ["ooo", "oxo", "ooo", "ooo", "xoo"],
      uses: "aaaab",
    },
    {
      name: "takes one further behind instead of one that has been usable for less",
      story: ["ooo", "oxo", "ooo", "xoo"],
      uses: "aaac",
    },
    {
      name: "takes one behind rather than a preferred one, if both have just failed",
      story: ["xox", "xox", "xox", "oxo"],
      uses: "bbbc",
    },
    {
      name: "keeps one that has just failed and is usable, although one behind it never failed",
      story: ["xx?", "xx?", "xo?", "xoo", "xoo"],
      uses: "aabbb",
    },
    { name: "trusts a member of which nothing was known at the start", story: ["?oo", "ooo"], uses: "ba" },
    {
      name: "distrusts a member that became unknown",
      story: ["ooo", "?oo", "ooo", "?oo", "ooo"],
      uses: "abbbb",
    },
    { name: "keeps the last member while none is usable", story: ["xoo", "xxx", "x?x"], uses: "bbb" },
    {
      name: "uses the first member while none is usable, if told so",
      story: ["xoo", "xxx"],
      uses: "ba",
      rules: { whenNone: "first" },
    },
    {
      name: "uses none while none is usable, if told so",
      story: ["xoo", "xxx", "xxo"],
      uses: "b-c",
      rules: { whenNone: "none" },
    },
    { name: "uses the first member before anything is known", story: ["???"], uses: "a" },
    {
      name: "uses a forced member whatever its state, until auto",
      story: ["ooo", ["oox", force("c")], "oox", ["oox", { kind: "auto" }]],
      uses: "acca",
    },
    {
      name: "ends a forced choice after its time",
      story: ["ooo", ["ooo", force("c", 2)], "ooo", "ooo"],
      uses: "acca",
    },
    {
      name: "never uses an excluded member",
      story: ["ooo", ["ooo", exclude("a")], "oxo", "oxx", "xxx"],
      uses: "abccc",
    },
    {
      name: "leaves an excluded member at once, even for one that has just failed",
      story: ["oxx", ["oox", exclude("a")]],
      uses: "ab",
    },
    {
      name: "stays with what is forced if another member is excluded or included",
      story: ["ooo", ["ooo", force("c")], ["ooo", exclude("a")], ["ooo", { kind: "include", target: "a" }]],
      uses: "accc",
    },
    {
      name: "admits what it is forced to use, also afterwards",
      story: [
        ["ooo", exclude("a")],
        ["ooo", force("a")],
        ["ooo", { kind: "auto" }],
      ],
      uses: "baa",
    },
    {
      name: "uses a member again that is included again",
      story: [
        ["ooo", exclude("a")],
        ["ooo", exclude("b")],
        ["ooo", { kind: "include", target: "a" }],
      ],
      uses: "bca",
    },
    {
      name: "ends an exclusion after its time",
      story: [["ooo", exclude("a", 2)], "ooo", "ooo"],
      uses: "bba",
    },
    {
      name: "leaves the last member for another if an operator excludes it",
      story: ["xox", "xxx", ["xxx", exclude("b")]],
      uses: "bba",
    },
    {
      name: "has none if all are excluded",
      story: ["ooo", ["ooo", exclude("a")], ["ooo", exclude("b")], ["ooo", exclude("c")]],
      uses: "abc-",
    },
    {
      name: "does not force what is excluded later",
      story: [
        ["ooo", force("b")],
        ["ooo", exclude("b")],
        ["ooo", force("b")],
      ],
      uses: "bab",
    },
  ])("$name", ({ story, uses, rules }) => {
    expect(play(story, { ...policy, ...rules }).uses).toBe(uses);
  });

  it("reports changes with their cause, and when no member is usable", () => {
    const { effects } = play(["ooo", "xoo", "xxx", "xxo", ["oxo", force("a")]]);
    expect(effects).toEqual([
      { kind: "changed", to: "a", cause: "start" },
      { kind: "changed", from: "a", to: "b", cause: "unusable" },
      { kind: "exhausted", now: true },
      { kind: "changed", from: "b", to: "c", cause: "unusable" },
      { kind: "exhausted", now: false },
      { kind: "changed", from: "c", to: "a", cause: "forced" },
    ]);
  });

  it("tells why it uses a member or none", () => {
    const changes = (story: readonly Moment[], rules: Partial<RoutePolicy> = {}) =>
      play(story, { ...policy, ...rules }).effects.flatMap((effect) =>
        effect.kind === "changed" ? [`${effect.from ?? "-"} to ${effect.to ?? "-"}: ${effect.cause}`] : [],
      );
    expect(changes(["???", "xoo"], { minDwell: seconds(0) })).toEqual(["- to a: start", "a to b: unusable"]);
    expect(changes(["???", "xxx", "xxo", "xxx", "xox"], { whenNone: "none" })).toEqual([
      "- to c: start",
      "c to -: exhausted",
      "- to b: recovered",
    ]);
    expect(changes(["xoo", "xxx"], { whenNone: "first" })).toEqual(["- to b: start", "b to a: exhausted"]);
    expect(changes(["?oo", "ooo"])).toEqual(["- to b: start", "b to a: preferred"]);
    const auto: RouteEvent = { kind: "auto" };
    expect(changes(["oox", ["oox", force("c")], ["oox", auto]])).toEqual([
      "- to a: start",
      "a to c: forced",
      "c to a: auto",
    ]);
  });

  it("counts changes from one member to another or to none, with the time of the last", () => {
    const { states } = play(["???", "xox", "xox", "xxx", "xxo", "xxo"], {
      ...policy,
      whenNone: "none",
      minDwell: seconds(0),
    });
    expect(states.map(({ changes, since }) => [changes, since - START])).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 3],
      [1, 4],
      [1, 4],
    ]);
  });

  it("distrusts members that failed until they have been usable for as long as it may ask", () => {
    const story = ["xo?", "ooo", "ooo", "ooo", "ooo", "o?o", "ooo"];
    const distrusted = (rules: Partial<RoutePolicy>) =>
      play(story, { ...policy, ...rules }).states.map((state) => state.distrusted.join(""));
    expect(distrusted({ preferBackAfter: seconds(3) })).toEqual(["a", "a", "a", "a", "", "b", "b"]);
    expect(distrusted({ preferBackAfter: seconds(1), minDwell: seconds(2) })).toEqual([
      "a",
      "a",
      "a",
      "",
      "",
      "b",
      "b",
    ]);
  });

  it("reports that no member is usable until one is, also if operators exclude all meanwhile", () => {
    const all = NAMES.map((name) => exclude(name));
    const { effects } = play([
      "xxx",
      ...all.map((event) => ["xxx", event] as const),
      ...Array.from({ length: 10 }, () => "ooo"),
      ["ooo", { kind: "include", target: "b" }],
    ]);
    expect(effects.filter(({ kind }) => kind === "exhausted")).toEqual([
      { kind: "exhausted", now: true },
      { kind: "exhausted", now: false },
    ]);
    expect(effects.at(-1)).toEqual({ kind: "exhausted", now: false });
  });

  it("forgets what operators said about a member that the route no longer has", () => {
    const { state } = play([
      ["ooo", exclude("b")],
      ["ooo", force("a")],
    ]);
    const shorter = { ...policy, order: policy.order.slice(2) };
    const without = step(state, { kind: "evaluate" }, shorter, membersOf("ooo"), at(2)).next;
    expect([without.use, without.excluded, without.forced]).toEqual(["c", {}, undefined]);
    expect(play(["ooo"], policy, without).uses).toBe("a");
  });

  it("does not report at a start that nothing is known yet, but that all members fail", () => {
    expect(play(["???", "???", "?o?"]).effects.map(({ kind }) => kind)).toEqual(["changed", "changed"]);
    for (const story of [["x??"], ["???", "xxx"]])
      expect(play(story).effects).toContainEqual({ kind: "exhausted", now: true });
  });

  it("leaves a member that the route no longer has for the first usable one", () => {
    const { state } = play(["ooo"]);
    const shorter = { ...policy, order: policy.order.slice(1) };
    const stepped = step(state, { kind: "evaluate" }, shorter, membersOf("ooo"), at(1));
    expect(stepped.next.use).toBe("b");
    expect(stepped.effects).toEqual([{ kind: "changed", from: "a", to: "b", cause: "start" }]);
  });

  it("says that a member was left because it was excluded", () => {
    const { effects } = play(["ooo", ["ooo", exclude("a")]]);
    expect(effects).toContainEqual({ kind: "changed", from: "a", to: "b", cause: "excluded" });
  });

  it("leaves a failing member at once if the clock was set back since it came into use", () => {
    const { state } = play(["oxx"]);
    const uses = [0, -0.5].map(
      (time) => step(state, { kind: "evaluate" }, policy, membersOf("xox"), at(time)).next.use,
    );
    expect(uses).toEqual(["a", "b"]);
  });

  it("does not wait for the future after the clock was set back", () => {
    const { state } = play(["ooo", "xoo", "ooo"]);
    let later = state;
    for (let i = 0; i <= 5; i += 1) {
      later = step(later, { kind: "evaluate" }, policy, membersOf("ooo"), at(i - 1000)).next;
    }
    expect(later.use).toBe("a");
  });
});

const letters = fc.string({ unit: fc.constantFrom("o", "x", "?"), minLength: 3, maxLength: 3 });
const member = fc.constantFrom(...NAMES);
const lasting = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined });
const event = fc.oneof(
  { weight: 12, arbitrary: fc.constant<RouteEvent>({ kind: "evaluate" }) },
  { weight: 1, arbitrary: fc.tuple(member, lasting).map(([name, time]) => force(name, time)) },
  { weight: 1, arbitrary: fc.tuple(member, lasting).map(([name, time]) => exclude(name, time)) },
  { weight: 1, arbitrary: fc.constant<RouteEvent>({ kind: "auto" }) },
  { weight: 1, arbitrary: member.map((target): RouteEvent => ({ kind: "include", target })) },
);
const story = fc.array(fc.tuple(letters, event), { minLength: 1, maxLength: 80 });
const rules = fc.record({
  whenNone: fc.constantFrom("last" as const, "first" as const, "none" as const),
  preferBackAfter: fc.integer({ min: 0, max: 12 }).map(seconds),
  minDwell: fc.integer({ min: 0, max: 6 }).map(seconds),
});

/** Returns for how many moments, including that of `i`, a member has been usable; infinite if it never was otherwise. */
function usableFor(moments: readonly (readonly [string, RouteEvent])[], i: number, name: string): number {
  const was = moments.slice(0, i + 1).map(([text]) => membersOf(text)(name));
  const last = was.findLastIndex((usability) => usability !== "usable");
  return last < 0 || was.slice(0, last + 1).every((usability) => usability === "unknown")
    ? Number.POSITIVE_INFINITY
    : i - last - 1;
}

describe("whatever happens", () => {
  test("an excluded member is never used", () => {
    fc.assert(
      fc.property(story, rules, (moments, limits) => {
        for (const { use, excluded } of play(moments, { ...policy, ...limits }).states) {
          expect(use === undefined || excluded[use] === undefined).toBe(true);
        }
      }),
    );
  });

  test("the route returns to a preferred member only after prefer_back_after, while one behind it is usable", () => {
    fc.assert(
      fc.property(story, rules, (moments, limits) => {
        const { states } = play(moments, { ...policy, ...limits });
        for (const [i, { use, forced, excluded, exhausted }] of states.entries()) {
          const before = states[i - 1]?.use;
          if (use === undefined || before === undefined || forced !== undefined || exhausted) continue;
          if (NAMES.indexOf(use as "a") >= NAMES.indexOf(before as "a")) continue;
          const [text = ""] = moments[i] ?? [];
          const others = NAMES.filter(
            (name) => name > before && excluded[name] === undefined && membersOf(text)(name) === "usable",
          );
          if (others.length === 0) continue;
          expect(usableFor(moments, i, use)).toBeGreaterThanOrEqual(limits.preferBackAfter);
        }
      }),
    );
  });

  test("a usable member is used if one is ready", () => {
    fc.assert(
      fc.property(story, rules, (moments, limits) => {
        const { states } = play(moments, { ...policy, ...limits });
        for (const [i, { use, forced, excluded }] of states.entries()) {
          const [text = ""] = moments[i] ?? [];
          const wait = Math.max(limits.preferBackAfter, limits.minDwell);
          const ready = NAMES.filter(
            (name) =>
              excluded[name] === undefined &&
              membersOf(text)(name) === "usable" &&
              usableFor(moments, i, name) >= wait,
          );
          if (ready.length === 0 || forced !== undefined) continue;
          expect(use === undefined ? "none" : membersOf(text)(use)).toBe("usable");
        }
      }),
    );
  });

  test("a member is chosen again at most once in min_dwell, so that flapping is bounded", () => {
    fc.assert(
      fc.property(fc.array(letters, { minLength: 20, maxLength: 120 }), rules, (texts, limits) => {
        const { state } = play(texts, { ...policy, ...limits });
        const perMember = Math.ceil(texts.length / Math.max(1, limits.minDwell)) + 1;
        expect(state.changes).toBeLessThanOrEqual(perMember * NAMES.length);
      }),
    );
  });

  test("replicas with the same inputs choose alike, also after a restart", () => {
    fc.assert(
      fc.property(story, rules, (moments, limits) => {
        const { state, uses } = play(moments, { ...policy, ...limits });
        expect(play(moments, { ...policy, ...limits }).uses).toBe(uses);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
