import { forgetOldest } from "../core/forget-oldest.ts";
import type { Result } from "../core/result.ts";
import type { Module } from "../core/target.ts";

/** A probe that has ended, kept for display. */
export interface PastProbe {
  /** The name of a configured target, or the requested address without user and password. */
  readonly target: string;
  readonly module: Module;
  readonly result: Result;
}

/** The newest probes and, separately, the newest failed ones: operators look at a failure long after later successes. */
export interface RecentProbes {
  /** Adds a probe, and evicts the oldest one. */
  add(probe: PastProbe): void;
  /** Returns the probe whose result has this number. */
  find(id: number): PastProbe | undefined;
  /** Returns all probes, newest first. */
  list(): readonly PastProbe[];
}

/** @param limit most probes to keep, and most failed probes to keep */
export function createRecentProbes(limit: number): RecentProbes {
  const newest = new Map<number, PastProbe>();
  const failed = new Map<number, PastProbe>();
  const keep = (kept: Map<number, PastProbe>, probe: PastProbe): void => {
    kept.set(probe.result.id, probe);
    forgetOldest(kept, limit);
  };
  return {
    add(probe) {
      keep(newest, probe);
      if (!probe.result.outcome.ok) keep(failed, probe);
    },
    find: (id) => newest.get(id) ?? failed.get(id),
    list: () => [...new Map([...failed, ...newest])].toSorted(([a], [b]) => b - a).map(([, probe]) => probe),
  };
}
