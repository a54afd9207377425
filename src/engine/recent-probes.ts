import type { Result } from "../core/result.ts";
import type { Module } from "../core/target.ts";

/** A probe that has ended, kept for people to look at. */
export interface PastProbe {
  /** The name of a configured target, or the address that somebody asked for, without a password in it. */
  readonly target: string;
  readonly module: Module;
  readonly result: Result;
}

/** The newest probes, and the newest failed ones: a failure is looked for long after the successes that followed it. */
export interface RecentProbes {
  add(probe: PastProbe): void;
  find(id: number): PastProbe | undefined;
  /** The newest first. */
  list(): readonly PastProbe[];
}

/** @param limit how many of all, and how many of the failed ones, are kept */
export function createRecentProbes(limit: number): RecentProbes {
  const newest = new Map<number, PastProbe>();
  const failed = new Map<number, PastProbe>();
  const keep = (kept: Map<number, PastProbe>, probe: PastProbe): void => {
    kept.set(probe.result.id, probe);
    const oldest = kept.size > limit ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
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
