import { describe, expect, it } from "vitest";
import type { TargetStatus } from "../../src/core/status.ts";
import { timestamp } from "../../src/core/units.ts";
import { DAY, dayBar, timeUptimes } from "../../src/page/time-uptime.ts";
import { timelineOf } from "../../src/page/timeline.ts";

/** Noon in UTC. */
const NOW = 20_000 * DAY + DAY / 2;
const ago = (seconds: number) => timestamp(NOW - seconds);
const change = (passed: number, from: TargetStatus, to: TargetStatus) => ({ at: ago(passed), from, to });

const HOUR = 3600;
const uptimes = (
  changes: Parameters<typeof timelineOf>[0],
  state: Parameters<typeof timelineOf>[1],
  absences: Parameters<typeof dayBar>[0]["absences"] = [],
) => timeUptimes({ now: timestamp(NOW), timeline: timelineOf(changes, state), absences });

describe("the uptime of a subject without probes", () => {
  it("is unknown before the exporter knew it", () => {
    expect(uptimes([], { status: "healthy" })).toEqual({
      "1h": null,
      "24h": null,
      "7d": null,
      "30d": null,
      "90d": null,
    });
  });

  it("is that of the time since it is known", () => {
    const changes = [change(2 * HOUR, "healthy", "unhealthy"), change(HOUR, "unhealthy", "healthy")];
    const state = { status: "healthy", since: ago(HOUR), knownSince: ago(4 * HOUR) } as const;
    expect(uptimes(changes, state)).toEqual({ "1h": 1, "24h": 0.75, "7d": 0.75, "30d": 0.75, "90d": 0.75 });
  });

  it("does not count unknown time, which is never up", () => {
    const changes = [change(8 * HOUR, "healthy", "unknown"), change(HOUR, "unknown", "unhealthy")];
    const state = { status: "unhealthy", since: ago(HOUR), knownSince: ago(9 * HOUR) } as const;
    expect(uptimes(changes, state)["24h"]).toBe(0.5);
    expect(uptimes([], { status: "unknown", since: ago(9 * HOUR), knownSince: ago(9 * HOUR) })["24h"]).toBe(
      null,
    );
    // It was first known with another status that nothing tells any more.
    expect(uptimes([], { status: "unhealthy", since: ago(HOUR), knownSince: ago(9 * HOUR) })["24h"]).toBe(0);
  });

  it("does not count the time in which the exporter did not run", () => {
    const changes = [change(4 * HOUR, "healthy", "unhealthy")];
    const state = { status: "unhealthy", since: ago(4 * HOUR), knownSince: ago(8 * HOUR) } as const;
    const absences = [{ from: ago(3 * HOUR), to: ago(HOUR) }];
    expect(uptimes(changes, state, absences)["24h"]).toBeCloseTo(4 / 6);
    expect(uptimes(changes, state, [{ from: ago(HOUR), to: timestamp(NOW) }])["1h"]).toBe(null);
  });

  it("believes the present status when the event of a change is missing", () => {
    const state = { status: "unhealthy", since: ago(HOUR), knownSince: ago(2 * HOUR) } as const;
    expect(uptimes([change(2 * HOUR, "unknown", "healthy")], state)["24h"]).toBe(0.5);
  });

  it("has a bar of days, grey where nothing is known", () => {
    const changes = [change(DAY, "healthy", "unhealthy"), change(DAY - HOUR, "unhealthy", "healthy")];
    const state = { status: "healthy", since: ago(DAY - HOUR), knownSince: ago(2 * DAY) } as const;
    const timeline = timelineOf(changes, state);
    const bar = dayBar({ now: timestamp(NOW), timeline, absences: [] });
    expect(bar).toHaveLength(90);
    expect(bar.slice(0, -3)).toEqual(Array.from({ length: 87 }, () => null));
    expect(bar.slice(-3)).toEqual([1, expect.closeTo(23 / 24), 1]);
  });
});
