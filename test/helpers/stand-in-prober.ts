import {
  failed,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  succeeded,
} from "../../src/core/prober.ts";
import type { Module, Target } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";

/** A probe that the test ends by hand. */
export interface PendingProbe {
  readonly address: string;
  readonly signal: AbortSignal;
  succeed(result?: Partial<ProbeResult>): void;
  fail(reason?: "timeout" | "connect"): void;
  throws(error: unknown): void;
}

/** A prober whose probes end when the test says so: what the engine does is then the only thing that happens. */
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

export const moduleOf = (prober: Prober, more: Partial<Module> = {}): Module => ({
  name: "held",
  prober,
  options: {},
  minInterval: seconds(0),
  source: "prober: held\n",
  ...more,
});

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
  ...more,
});

/** Lets everything run that is already due: promises, and what they start. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
