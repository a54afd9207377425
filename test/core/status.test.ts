import { describe, expect, it } from "vitest";
import { failed, type Outcome, succeeded } from "../../src/core/prober.ts";
import type { Result } from "../../src/core/result.ts";
import { isStale, targetStatus } from "../../src/core/status.ts";
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

const NOW = timestamp(1_757_943_000);
const after = (offset: number) => timestamp(NOW + offset);

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
    expect(targetStatus(target, { health, lastProbeAt: NOW }, latest, NOW)).toBe(status);
  });

  it("is never degraded without an expected duration", () => {
    const { expectedDuration: _none, ...without } = target;
    const memory = { health: "healthy", lastProbeAt: NOW } as const;
    expect(targetStatus(without, memory, resultAfter(100), NOW)).toBe("healthy");
  });

  it("is unknown as soon as the newest result is stale, whatever the health was", () => {
    for (const health of ["healthy", "unhealthy"] as const) {
      const memory = { health, lastProbeAt: NOW };
      expect(targetStatus(target, memory, resultAfter(1), after(299))).toBe(health);
      expect(targetStatus(target, memory, resultAfter(1), after(300))).toBe("unknown");
    }
  });
});

describe("isStale", () => {
  const target = targetOf(moduleOf(heldProber().prober), { interval: seconds(200) });
  it.each([
    { name: "nothing known", memory: {}, at: 0, stale: true },
    {
      name: "a result of less than three intervals ago",
      memory: { lastProbeAt: NOW },
      at: 599,
      stale: false,
    },
    { name: "a result of three intervals ago", memory: { lastProbeAt: NOW }, at: 600, stale: true },
    {
      name: "a held probe since",
      memory: { lastProbeAt: NOW, lastHeldAt: after(500) },
      at: 900,
      stale: false,
    },
    { name: "a clock set back", memory: { lastProbeAt: NOW }, at: -5000, stale: false },
  ])("$name: $stale", ({ memory, at, stale }) => {
    expect(isStale(target, { health: "healthy", ...memory }, after(at))).toBe(stale);
  });
});
