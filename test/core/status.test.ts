import { describe, expect, it } from "vitest";
import { failed, type Outcome, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { targetStatus } from "../../src/core/status.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const at = timestamp(0);
const resultAfter = (duration: number, outcome: Outcome = succeeded): Result => ({
  id: 1,
  startedAt: at,
  endedAt: at,
  duration: seconds(duration),
  timeout: seconds(10),
  outcome,
  samples: [],
  log: [],
});

describe("targetStatus", () => {
  const target = targetOf(moduleOf(heldProber().prober), { expectedDuration: seconds(2) });
  it.each([
    { health: "healthy", latest: resultAfter(1.9), status: "healthy" },
    { health: "healthy", latest: resultAfter(2), status: "healthy" },
    { health: "healthy", latest: resultAfter(2.1), status: "degraded" },
    { health: "healthy", latest: resultAfter(9, failed("timeout", "")), status: "healthy" },
    { health: "unhealthy", latest: resultAfter(0.1), status: "unhealthy" },
    { health: "unknown", latest: resultAfter(0.1), status: "unknown" },
    { health: "unknown", latest: undefined, status: "unknown" },
  ] as const)("$health, last probe $latest.duration s: $status", ({ health, latest, status }) => {
    expect(targetStatus(target, health, latest)).toBe(status);
  });

  it("is never degraded without an expected duration", () => {
    const { expectedDuration: _none, ...without } = target;
    expect(targetStatus(without, "healthy", resultAfter(100))).toBe("healthy");
  });
});
