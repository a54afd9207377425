import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { type FailoverState, initialState } from "../../src/failover/machine.ts";
import { restoredState } from "../../src/failover/restored-state.ts";

const AT = timestamp(1_757_943_000);
const policy = { interval: seconds(30), configuration: "now" };
const state: FailoverState = {
  ...initialState(AT),
  health: "healthy",
  mode: "fallback",
  forced: { until: timestamp(AT + 600) },
  consecutiveSuccesses: 4,
  against: 1,
  triggered: 3,
  recovered: 2,
  overdue: true,
  modelAvailable: false,
  lastResultId: 77,
  lastProbeAt: timestamp(AT + 5),
  lastSuccessAt: timestamp(AT + 5),
  lastFailure: { at: timestamp(AT + 4), reason: "auth" },
  lastHeldAt: timestamp(AT + 6),
  provenConfiguration: "earlier",
  reportedConfiguration: "reported",
};
const read = (value: unknown, now = AT) => restoredState(JSON.parse(JSON.stringify(value)), policy, now);

describe("restoredState", () => {
  it("restores everything except the id of the last result", () => {
    expect(read(state)).toEqual({ ...state, lastResultId: 0 });
    expect(read(initialState(AT))).toEqual(initialState(AT));
    expect(read({ ...state, forced: {} })?.forced).toEqual({});
  });

  it("takes a success that was stored without its configuration for one of the present configuration", () => {
    const { provenConfiguration: _absent, ...older } = state;
    expect(read(older)?.provenConfiguration).toBe("now");
    const { lastSuccessAt: _never, ...never } = older;
    expect(read(never)?.provenConfiguration).toBeUndefined();
  });

  it.each([
    ["an unknown reason", { at: AT, reason: "gremlins" }],
    ["an invalid time", { at: "yesterday", reason: "auth" }],
    ["no reason", { at: AT }],
    ["null", null],
  ])("restores a state without its last failure, if that has %s", (_title, lastFailure) => {
    const { lastFailure: _valid, ...others } = state;
    expect(read({ ...state, lastFailure })).toEqual({ ...others, lastResultId: 0 });
  });

  it.each([
    ["healthy", 94, "healthy"],
    ["healthy", 96, "unknown"],
    ["unhealthy", 9600, "unhealthy"],
  ] as const)("a state that was %s, last probed %d s ago, is %s", (health, passed, wanted) => {
    expect(read({ ...state, health }, timestamp(AT + passed))?.health).toBe(wanted);
  });

  it.each([
    ["a number", 7],
    ["null", null],
    ["an unknown mode", { ...state, mode: "tertiary" }],
    ["an unknown health", { ...state, health: "fine" }],
    ["an invalid time", { ...state, modeSince: "yesterday" }],
    ["a fractional count", { ...state, consecutiveFailures: 0.5 }],
    ["a negative count", { ...state, triggered: -1 }],
    ["an invalid force", { ...state, forced: true }],
    ["a force that is null", { ...state, forced: null }],
    ["a force whose end was lost", { ...state, forced: { until: null } }],
  ])("rejects %s", (_title, value) => {
    expect(read(value)).toBeUndefined();
  });

  it("never throws", () => {
    const read = fc.property(fc.jsonValue(), (value) => void restoredState(value, policy, AT));
    expect(() => fc.assert(read)).not.toThrow();
  });
});
