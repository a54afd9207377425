import type { Clock } from "../core/clock.ts";
import type { Result } from "../core/result.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Engine } from "./engine.ts";
import type { Scheduler } from "./schedule.ts";

/** How the exporter itself does. */
export interface ProcessStats {
  readonly uptime: Seconds;
  /** By how much scheduled probes are late because timers do not fire. */
  readonly lateness: Seconds;
  readonly lately: RecentRates;
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
export function createProcessStats(
  clock: Clock,
  engine: Engine,
  scheduler: Scheduler,
  rates: ProbeRates,
): () => ProcessStats {
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

/** How many probes ended lately, and how long they took. */
export interface ProbeRates {
  record(result: Result): void;
  /** Over the last five minutes, or since the start if that is less. */
  lately(): RecentRates;
}

export interface RecentRates {
  readonly probesPerSecond: number;
  readonly failuresPerSecond: number;
  /** Absent when no probe ended. */
  readonly meanDuration?: Seconds;
}

const SLICE = seconds(10);
const SLICES = 30;

interface Slice {
  readonly index: number;
  probes: number;
  failures: number;
  duration: number;
}

export function createProbeRates(clock: Clock): ProbeRates {
  const started = clock.monotonic();
  let slices: Slice[] = [];
  const current = (): number => Math.floor((clock.monotonic() - started) / SLICE);
  const forgetOld = (now: number): void => {
    if ((slices[0]?.index ?? now) <= now - SLICES)
      slices = slices.filter(({ index }) => index > now - SLICES);
  };
  return {
    record({ outcome, duration }) {
      const index = current();
      let slice = slices.at(-1);
      if (slice?.index !== index) {
        forgetOld(index);
        slice = { index, probes: 0, failures: 0, duration: 0 };
        slices.push(slice);
      }
      slice.probes += 1;
      slice.failures += outcome.ok ? 0 : 1;
      slice.duration += duration;
    },
    lately() {
      forgetOld(current());
      const sum = (part: (slice: Slice) => number): number =>
        slices.reduce((total, slice) => total + part(slice), 0);
      // Less than a second would make a rate of the first probe that is none.
      const length = Math.max(1, Math.min(clock.monotonic() - started, SLICE * SLICES));
      const probes = sum((slice) => slice.probes);
      return {
        probesPerSecond: probes / length,
        failuresPerSecond: sum((slice) => slice.failures) / length,
        ...(probes === 0 ? {} : { meanDuration: seconds(sum((slice) => slice.duration) / probes) }),
      };
    },
  };
}
