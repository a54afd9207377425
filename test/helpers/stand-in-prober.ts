import {
  failed,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  succeeded,
} from "../../src/core/prober.ts";
import type { Module, Target } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";

/** A running probe that the test ends. */
export interface PendingProbe {
  readonly address: string;
  readonly signal: AbortSignal;
  succeed(result?: Partial<ProbeResult>): void;
  fail(reason?: "timeout" | "connect"): void;
  throws(error: unknown): void;
}

/** Creates a prober whose probes run until the test ends them, so that a test sees the engine's doing alone. */
export function heldProber(): { prober: Prober; started: PendingProbe[] } {
  const started: PendingProbe[] = [];
  const prober: Prober = {
    kind: "held",
    metrics: [],
    reasons: ["timeout", "connect"],
    schema: {},
    costly: false,
    compile: () => ({}),
    probe: ({ address }, _module, { signal }: ProbeContext) =>
      new Promise((resolve, reject) => {
        started.push({
          address,
          signal,
          succeed: (result) => resolve({ outcome: succeeded, samples: [], ...result }),
          fail: (reason = "timeout") => resolve({ outcome: failed(reason, "as the test says"), samples: [] }),
          throws: reject,
        });
      }),
  };
  return { prober, started };
}

/** Returns a module of this prober; `more` replaces fields. */
export const moduleOf = (prober: Prober, more: Partial<Module> = {}): Module => ({
  name: "held",
  prober,
  options: {},
  minInterval: seconds(0),
  series: { histograms: [], details: false },
  source: "prober: held\n",
  ...more,
});

/** Returns a target of this module; `more` replaces fields. */
export const targetOf = (module: Module, more: Partial<Target> = {}): Target => ({
  name: "one",
  address: "http://one.example",
  configured: true,
  module,
  schedule: "on_scrape",
  interval: seconds(30),
  minInterval: seconds(0),
  thresholds: { failures: 3, successes: 2, minDwell: seconds(0), ignoreReasons: new Set() },
  sloObjective: 0.999,
  critical: false,
  labels: {},
  series: { histograms: [], details: false },
  ...more,
});

/** Waits until the promises that are already settled, and what they start, have run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
