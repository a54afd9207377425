import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Engine } from "./engine.ts";
import type { Lately, Rates } from "./rates.ts";
import type { Scheduler } from "./schedule.ts";

/** How the exporter itself does. */
export interface Vitals {
  readonly uptime: Seconds;
  /** By how much scheduled probes are late because timers do not fire. */
  readonly lateness: Seconds;
  readonly lately: Lately;
  /** Probes that wait for a free place. */
  readonly queued: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  /** Processor cores in use, the mean since the start. */
  readonly cpu: number;
  /** Timers, sockets and requests that keep the process busy. */
  readonly activities: number;
}

/** @returns what takes the measure, at the moment of the call */
export function createVitals(clock: Clock, engine: Engine, scheduler: Scheduler, rates: Rates): () => Vitals {
  const started = clock.monotonic();
  return () => {
    const { user, system } = process.cpuUsage();
    return {
      uptime: seconds(clock.monotonic() - started),
      lateness: scheduler.lateness(),
      lately: rates.lately(),
      queued: engine.counts().queued,
      memory: process.memoryUsage.rss(),
      cpu: (user + system) / 1e6 / process.uptime(),
      activities: process.getActiveResourcesInfo().length,
    };
  };
}
