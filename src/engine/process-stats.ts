import type { Clock } from "../core/clock.ts";
import type { Result } from "../core/result.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { Engine } from "./engine.ts";
import type { Scheduler } from "./schedule.ts";

/** The state of the exporter's own process. */
export interface ProcessStats {
  readonly uptime: Seconds;
  /** Delay of the scheduled probe that is most overdue, because its timer has not fired. */
  readonly lateness: Seconds;
  readonly rates: RecentRates;
  /** Probes that wait for a free slot. */
  readonly queued: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  /** Mean number of processor cores in use since the start. */
  readonly cpu: number;
  /** Number of active timers, sockets and requests. */
  readonly activities: number;
}

/** Returns a function that measures the process when it is called. */
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
      rates: rates.recent(),
      queued: engine.counts().queued,
      memory: process.memoryUsage.rss(),
      cpu: (user + system) / 1e6 / process.uptime(),
      activities: process.getActiveResourcesInfo().length,
    };
  };
}

/** Counts probes, for rates over the last minutes. */
export interface ProbeRates {
  /** Counts a result. */
  record(result: Result): void;
  /** Returns the rates over the last five minutes, or since the start if that is shorter. */
  recent(): RecentRates;
}

/** Rates of probes. */
export interface RecentRates {
  readonly probesPerSecond: number;
  readonly failuresPerSecond: number;
  /** Absent without a probe. */
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

/** Creates counters that start empty. */
export function createProbeRates(clock: Clock): ProbeRates {
  const started = clock.monotonic();
  let slices: Slice[] = [];
  const current = (): number => Math.floor((clock.monotonic() - started) / SLICE);
  const dropOld = (now: number): void => {
    if ((slices[0]?.index ?? now) <= now - SLICES)
      slices = slices.filter(({ index }) => index > now - SLICES);
  };
  return {
    record({ outcome, duration }) {
      const index = current();
      let slice = slices.at(-1);
      if (slice?.index !== index) {
        dropOld(index);
        slice = { index, probes: 0, failures: 0, duration: 0 };
        slices.push(slice);
      }
      slice.probes += 1;
      slice.failures += outcome.ok ? 0 : 1;
      slice.duration += duration;
    },
    recent() {
      dropOld(current());
      const sum = (part: (slice: Slice) => number): number =>
        slices.reduce((total, slice) => total + part(slice), 0);
      // In the first second one probe would make a meaningless rate.
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
