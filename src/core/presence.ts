import type { Clock } from "./clock.ts";
import { type Seconds, seconds, type Timestamp } from "./units.ts";

/** A time during which the exporter did not run, or the wall clock was set. */
export interface Gap {
  /** Time that passed while the exporter did not run; 0 if only the wall clock moved. */
  readonly absence: Seconds;
  /**
   * How far the wall clock moved beyond the time that passed. A guest that is suspended sees its absence like this,
   * because its monotonic clock stands still.
   */
  readonly jump: Seconds;
}

/**
 * Notices when the exporter did not run: it was stopped, frozen or suspended, or its event loop was blocked. Nothing could
 * reach it then, so that time must not count as the silence of others.
 */
export interface Presence {
  /** A clock whose `monotonic` stands still while the exporter does not run. Measure silence with it, and not durations. */
  readonly clock: Clock;
  /** Total time that the exporter did not run since its start. */
  absence(): Seconds;
  /** Returns for how long the exporter did not run, or may not have run, since a time of the wall clock. Ignores gaps below a second. */
  absenceSince(at: Timestamp): Seconds;
  /** Returns for how long the exporter has been running since the last gap of at least a second; infinite without one. */
  presentFor(): Seconds;
  /** Calls `listener` after each gap, before anything else reads `clock`. */
  onGap(listener: (gap: Gap) => void): void;
  stop(): void;
}

/** Interval at which the exporter checks that it is running. */
const TICK = seconds(0.5);

/** Delay of a check from which the delay counts as absence: the event loop was blocked, or had more work than time. */
const LATE = seconds(0.1);

/**
 * Delay of a check from which all of the time since the previous one counts as absence, because most of it was. Shorter
 * delays count alone, so that time passes also for an exporter that is always late.
 */
const LONG = seconds(0.5);

/** Smallest movement of the wall clock that is reported. Smaller ones add up: a clock that is slewed moves gradually. */
const SMALLEST_JUMP = seconds(0.25);

/** Shortest gap that is remembered. Shorter ones hardly change a probe, and are common on a busy machine. */
const NOTABLE = seconds(1);

/** Most gaps remembered. */
const MAX_GAPS = 16;

/** Starts to watch for gaps. */
export function createPresence(clock: Clock): Presence {
  let checkedAt = clock.monotonic();
  /** Time at which the next check is due, if none comes earlier. */
  let dueAt = checkedAt + TICK;
  let backAt: Seconds | undefined;
  let absence = 0;
  /** Difference between the wall clock and the monotonic clock when last reported. */
  let offset = clock.now() - checkedAt;
  /** By the monotonic clock: by the wall clock, a gap would lie in the future once that is set back. */
  let gaps: readonly { readonly end: Seconds; readonly length: Seconds }[] = [];
  const listeners: ((gap: Gap) => void)[] = [];

  const check = (): void => {
    const [at, now] = [clock.monotonic(), clock.now()];
    const late = at - dueAt;
    const absent = seconds(late > LONG ? at - checkedAt : late > LATE ? late : 0);
    if (absent > 0) dueAt = at;
    checkedAt = at;
    const moved = seconds(now - at - offset);
    const jump = Math.abs(moved) >= SMALLEST_JUMP ? moved : seconds(0);
    if (absent === 0 && jump === 0) return;
    absence += absent;
    offset += jump;
    const length = seconds(absent + Math.max(0, jump));
    if (length >= NOTABLE) {
      backAt = at;
      gaps = [{ end: at, length }, ...gaps].slice(0, MAX_GAPS);
    }
    for (const listener of listeners) listener({ absence: absent, jump });
  };

  const tick = (): void => {
    check();
    dueAt = checkedAt + TICK;
    cancel = clock.after(TICK, tick);
  };
  let cancel = clock.after(TICK, tick);

  return {
    clock: {
      ...clock,
      monotonic() {
        check();
        return seconds(checkedAt - absence);
      },
    },
    absence: () => seconds(absence),
    absenceSince(at) {
      check();
      const since = at - offset;
      // A gap that began before `at` counts from then.
      return gaps
        .filter(({ end }) => end > since)
        .reduce((sum, { end, length }) => seconds(sum + Math.min(length, end - since)), seconds(0));
    },
    presentFor() {
      check();
      return seconds(backAt === undefined ? Number.POSITIVE_INFINITY : checkedAt - backAt);
    },
    onGap: (listener) => void listeners.push(listener),
    stop: () => cancel(),
  };
}
