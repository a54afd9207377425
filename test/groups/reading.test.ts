import { describe, expect, it } from "vitest";
import { failed, type Outcome, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { beatReading, type ReadingMemory, targetReading } from "../../src/groups/reading.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const module = moduleOf(heldProber().prober);
const ENDED = timestamp(1_757_943_000);

const resultOf = (outcome: Outcome): Result => ({
  id: 1,
  startedAt: timestamp(ENDED - 2),
  endedAt: ENDED,
  duration: seconds(2),
  timeout: seconds(5),
  outcome,
  samples: [],
  log: [],
});

const healthy: ReadingMemory = {
  health: "healthy",
  lastProbeAt: ENDED,
  consecutiveFailures: 0,
  consecutiveSuccesses: 4,
};
const unhealthy: ReadingMemory = {
  ...healthy,
  health: "unhealthy",
  consecutiveFailures: 3,
  consecutiveSuccesses: 0,
};
const later = (by: number) => timestamp(ENDED + by);

describe("targetReading", () => {
  it("is unknown for a target that was never probed", () => {
    const memory: ReadingMemory = { health: "unknown", consecutiveFailures: 0, consecutiveSuccesses: 0 };
    expect(targetReading(targetOf(module), memory, undefined, ENDED)).toEqual({
      status: "unknown",
      message: "not probed yet",
      metrics: {},
    });
  });

  it("has the status of the target and its explanation", () => {
    expect(targetReading(targetOf(module), healthy, resultOf(succeeded), later(1))).toEqual({
      status: "healthy",
      at: ENDED,
      message: "4 successes in a row",
      metrics: { consecutive_failures: 0, consecutive_successes: 4, duration_seconds: 2 },
    });
    const refused = resultOf(failed("connect", "refused"));
    expect(targetReading(targetOf(module), unhealthy, refused, later(1))).toMatchObject({
      status: "unhealthy",
      message: "3 failures in a row, the last one connect: refused",
      reason: "connect",
    });
    const slow = targetOf(module, { expectedDuration: seconds(1) });
    expect(targetReading(slow, healthy, resultOf(succeeded), later(1))).toMatchObject({
      status: "degraded",
      message: "4 successes in a row, slower than expected: 2.000s, want at most 1s",
    });
  });

  it.each([
    { name: "five minutes", more: {}, stale: 300 },
    { name: "three intervals, if longer", more: { interval: seconds(3600) }, stale: 10_800 },
    { name: "three times min_interval", more: { minInterval: seconds(200) }, stale: 600 },
  ])("becomes unknown if the last result is older than $name", ({ more, stale }) => {
    const target = targetOf(module, more);
    for (const [memory, outcome] of [
      [healthy, succeeded],
      [unhealthy, failed("connect", "refused")],
    ] as const) {
      const statusAt = (age: number) => targetReading(target, memory, resultOf(outcome), later(age)).status;
      expect(statusAt(stale - 1)).toBe(memory.health);
      expect(statusAt(stale)).toBe("unknown");
    }
    expect(targetReading(target, healthy, resultOf(succeeded), later(stale)).message).toMatch(
      /^no result for /,
    );
  });

  it("has the restored health before the first result after a restart", () => {
    expect(targetReading(targetOf(module), unhealthy, undefined, later(1)).status).toBe("unhealthy");
  });
});

describe("beatReading", () => {
  const beat = { heartbeat: "prod-01", source: "push" as const, timeout: seconds(120) };

  it("is unknown for a heartbeat that was never seen", () => {
    expect(beatReading(beat, ENDED)).toEqual({ status: "unknown", message: "never seen", metrics: {} });
  });

  it.each([
    { silence: 119.5, status: "healthy", message: "last seen 1m59s ago" },
    { silence: 120, status: "unhealthy", message: "silent for 2m0s, want less than 2m0s" },
    { silence: 7200, status: "unhealthy", message: "silent for 2h0m0s, want less than 2m0s" },
  ])("is $status after $silence s", ({ silence, status, message }) => {
    expect(beatReading({ ...beat, lastSeen: ENDED }, later(silence))).toEqual({
      status,
      message,
      at: ENDED,
      metrics: { silence_seconds: silence, timeout_seconds: 120 },
    });
  });

  it.each([
    ["failure", "reported a failure"],
    ["overdue", "a run did not end in time"],
    ["silence", "did not report in time"],
  ] as const)("says why a heartbeat that was seen lately is down: %s", (down, message) => {
    expect(beatReading({ ...beat, lastSeen: ENDED, down }, later(1))).toMatchObject({
      status: "unhealthy",
      message,
    });
  });

  it("does not count the exporter's downtime as silence", () => {
    const restored = { ...beat, lastSeen: ENDED, silentSince: later(3600) };
    expect(beatReading(restored, later(3700))).toMatchObject({ status: "healthy", at: ENDED });
  });
});
