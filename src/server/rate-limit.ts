import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** The events that a source may cause at once, and the pace after that. */
export interface RateOptions {
  /** Number of events at once. */
  readonly burst: number;
  /** Time after which another one is allowed. */
  readonly interval: Seconds;
}

/** Limits events per source. */
export interface RateLimit {
  /** Returns the time until the source may cause another event; 0 if it may now. Counts nothing. */
  wait(source: string): Seconds;
  /** Counts an event, if one is allowed. Returns what {@link wait} would have returned before. */
  take(source: string): Seconds;
}

/** Most sources that a limit remembers; the one whose last event is the oldest is forgotten first. */
const MOST_SOURCES = 10_000;

/** Creates a limit: a token bucket for each source. A source that is not remembered has a full one. */
export function createRateLimit(
  { burst, interval }: RateOptions,
  clock: Pick<Clock, "monotonic">,
  most = MOST_SOURCES,
): RateLimit {
  /** Time at which the bucket of a source will be full again. The order of insertion is that of the last events. */
  const fullAt = new Map<string, number>();
  const waitAt = (source: string, now: number): Seconds => {
    const used = Math.max(0, (fullAt.get(source) ?? 0) - now);
    return seconds(Math.max(0, used - (burst - 1) * interval));
  };
  return {
    wait: (source) => waitAt(source, clock.monotonic()),
    take(source) {
      const now = clock.monotonic();
      const wait = waitAt(source, now);
      if (wait > 0) return wait;
      const next = Math.max(now, fullAt.get(source) ?? 0) + interval;
      fullAt.delete(source);
      fullAt.set(source, next);
      const [oldest] = fullAt.keys();
      if (fullAt.size > most && oldest !== undefined) fullAt.delete(oldest);
      return wait;
    },
  };
}

/** Returns the value of `Retry-After` for a wait. */
export const retryAfter = (wait: Seconds): string => String(Math.max(1, Math.ceil(wait)));
