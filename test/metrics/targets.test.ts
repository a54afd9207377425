import { describe, expect, it } from "vitest";
import { TEXT_FORMAT } from "../../src/core/exposition-format.ts";
import { gauge, sample } from "../../src/core/metric.ts";
import { failed, succeeded } from "../../src/core/prober.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { initialState } from "../../src/failover/machine.ts";
import { writerOf } from "../../src/metrics/format.ts";
import { targetParts } from "../../src/metrics/page.ts";
import type { TargetSnapshot } from "../../src/metrics/targets.ts";
import { resultOf } from "../helpers/result.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const now = timestamp(1_757_943_000);
const module = moduleOf(heldProber().prober);

const snapshotOf = (name: string, more: Partial<TargetSnapshot> = {}): TargetSnapshot => ({
  target: { ...targetOf(module), name },
  newest: { result: resultOf(), age: seconds(1) },
  state: { ...initialState(now), health: "healthy", modelAvailable: true, lastProbeAt: now },
  remaining: {},
  tiers: new Map(),
  tally: undefined,
  inMaintenance: undefined,
  ...more,
});

const linesOf = (...targets: readonly TargetSnapshot[]): readonly string[] =>
  [...targetParts({ targets, now, recent: () => [] }, writerOf(TEXT_FORMAT))].join("").split("\n");

/** Returns the names of the series of one target. */
const seriesOf = (lines: readonly string[], name: string): readonly string[] =>
  lines.filter((line) => line.includes(`target="${name}"`)).map((line) => line.replace(/\{.*/, ""));

describe("the metrics of targets", () => {
  it("tell the health until the last result is stale", () => {
    const old = timestamp(now - 100_000);
    const { state } = snapshotOf("");
    const lines = linesOf(snapshotOf("new"), snapshotOf("old", { state: { ...state, lastProbeAt: old } }));
    expect(seriesOf(lines, "new")).toContain("heartbeat_target_healthy");
    expect(seriesOf(lines, "new")).toContain("heartbeat_model_available");
    expect(seriesOf(lines, "old")).not.toContain("heartbeat_target_healthy");
    expect(seriesOf(lines, "old")).not.toContain("heartbeat_model_available");
    expect(lines).toContain(
      `heartbeat_target_status{target="old",module="${module.name}",status="unknown"} 1`,
    );
  });

  it("keep the last failure with its reason, in one series, while the target is healthy again", () => {
    const { state } = snapshotOf("");
    const lastFailure = { at: timestamp(now - 60), reason: "auth" } as const;
    const lines = linesOf(snapshotOf("never"), snapshotOf("once", { state: { ...state, lastFailure } }));
    expect(lines.filter((line) => line.startsWith("heartbeat_last_failure"))).toEqual([
      `heartbeat_last_failure_timestamp_seconds{target="once",module="${module.name}",reason="auth"} ${now - 60}`,
    ]);
  });

  it("have no state that only the leader knows", () => {
    const skipped = { reason: "not_leader", detail: "" } as const;
    const lines = linesOf(
      snapshotOf("follower", { skipped, newest: undefined, tiers: new Map([["ping", succeeded]]) }),
      snapshotOf("once-leader", { skipped, tiers: new Map([["ping", succeeded]]) }),
    );
    expect(seriesOf(lines, "follower").toSorted()).toEqual([
      "heartbeat_failure_threshold",
      "heartbeat_interval_seconds",
      "heartbeat_slo_objective_ratio",
      "heartbeat_target_info",
      "probe_skipped",
    ]);
    expect(seriesOf(lines, "once-leader")).toContain("heartbeat_consecutive_failures");
    expect(seriesOf(lines, "once-leader")).toContain("probe_llm_tier");
  });

  it("stand in one family each, whatever the order in which results have them", () => {
    const first = gauge("probe_first", "First", ["n"]);
    const second = gauge("probe_second", "Second");
    // Modules can define metrics of the same name.
    const sameName = gauge("probe_first", "Other help", ["n"]);
    const samples = [
      [sample(first, 1, { n: "a" }), sample(second, 2), sample(first, 3, { n: "b" })],
      [sample(second, 4), sample(sameName, 5, { n: "c" })],
    ];
    const lines = linesOf(
      ...samples.map((own, i) =>
        snapshotOf(`t${i}`, {
          newest: {
            result: resultOf({ samples: own, outcome: i === 0 ? succeeded : failed("dns", "") }),
            age: seconds(0),
          },
        }),
      ),
    );
    const of = (i: number): string => `target="t${i}",module="${module.name}"`;
    expect(lines.filter((line) => /probe_(first|second|failure_reason)/.test(line))).toEqual([
      expect.stringContaining("# HELP probe_failure_reason"),
      "# TYPE probe_failure_reason gauge",
      `probe_failure_reason{${of(1)},reason="dns"} 1`,
      "# HELP probe_first First",
      "# TYPE probe_first gauge",
      `probe_first{${of(0)},n="a"} 1`,
      `probe_first{${of(0)},n="b"} 3`,
      `probe_first{${of(1)},n="c"} 5`,
      "# HELP probe_second Second",
      "# TYPE probe_second gauge",
      `probe_second{${of(0)}} 2`,
      `probe_second{${of(1)}} 4`,
    ]);
  });
});
