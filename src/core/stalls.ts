import { type Seconds, seconds } from "./units.ts";

/** The timers of an event loop. */
export interface LoopTimers {
  readonly monotonic: () => Seconds;
  /** Returns for how long the loop has waited for events since its start. */
  readonly idle: () => Seconds;
  /** Calls `run` once after `delay`; the returned function cancels it. */
  readonly after: (delay: Seconds, run: () => void) => () => void;
  /** Calls `run` once the loop has read its sockets, at the end of its current turn. */
  readonly afterPoll: (run: () => void) => void;
  /** Like `afterPoll`, at the end of the next turn that something else causes. */
  readonly onTurn: (run: () => void) => void;
}

/**
 * Measures for how long the event loop does not read its sockets: it computes something, or the process was stopped or got no
 * processor. An answer that arrives meanwhile is read afterwards, and timers run before it is read.
 *
 * It measures only while it is watched: the length of each turn of the loop, without its wait for events, which wakes nothing;
 * and the lateness of a timer, which shows that the process did not run, also while the loop waited.
 */
export interface StallMeter {
  /** Measures until the returned function is called; for a wait of this length, if it ends in a verdict. */
  watch(wait: Seconds): () => void;
  read(): StallReading;
  /** Returns the number of stalls that have ended. */
  count(): number;
}

/** A reading of the meter; all in seconds. */
export interface StallReading {
  /** The time of the reading. */
  readonly at: number;
  /** Total time of the stalls that were watched, with the one that goes on. */
  readonly stalled: number;
  /** Total time that was not spent waiting for events: that of stalls, and that of ordinary work. */
  readonly away: number;
  /**
   * Part of `away` since the sockets were last read before what is read now. It may have arrived at any moment of it; what is
   * read after a wait for events arrived at the end of the wait.
   */
  readonly unread: number;
}

/** Time without reading from which the loop has stalled. Ordinary work of a busy loop takes less, and is no reason to wait longer. */
const STALL = seconds(0.02);

/** Lateness of a timer from which the process did not run. Timers have a resolution of a millisecond. */
const LATE = seconds(0.005);

const SHORTEST_TICK = seconds(0.01);
const LONGEST_TICK = seconds(0.1);

/**
 * Returns the interval of the timers during a wait. A stop of the process is measured from the first timer that comes late, so
 * that a part of it of at most this length is not seen: a twentieth of the wait, because each timer wakes the process.
 */
export const tickDuring = (wait: Seconds): Seconds =>
  seconds(Math.min(LONGEST_TICK, Math.max(SHORTEST_TICK, wait / 20)));

/** Creates a meter for the loop that runs these timers. */
export function createStallMeter(timers: LoopTimers): StallMeter {
  const { monotonic, idle, after, afterPoll, onTurn } = timers;
  /** Number of watchers by the interval that they need. */
  const watchers = new Map<Seconds, number>();
  /** True while the ends of turns are noticed. */
  let measuring = false;
  /** End of the last turn, and the total wait for events until then. */
  let turnedAt = 0;
  let idleAtTurn = 0;
  /** Length of the last turn without its wait. */
  let lastTurn = 0;
  let tick: { readonly dueAt: number; readonly cancel: () => void } | undefined;
  let stalled = 0;
  let away = 0;
  let count = 0;
  /** The time for which the process was found in this turn not to have run. */
  let stoppedInTurn = 0;

  /** Returns the work of this turn, that since sockets were read, and for how long the process has not run. */
  const measure = (at: number): { work: number; unread: number; stop: number } => {
    if (!measuring) return { work: 0, unread: 0, stop: 0 };
    const waited = idle() - idleAtTurn;
    const work = Math.max(0, at - turnedAt - waited);
    const unread = work + (waited > 0 ? 0 : lastTurn);
    // A timer is late because of this work, or because the process did not run.
    const late = tick === undefined ? 0 : at - tick.dueAt - unread;
    return { work, unread, stop: late > LATE ? late : 0 };
  };
  const add = (length: number): void => {
    away += length;
    if (length < STALL) return;
    stalled += length;
    count += 1;
  };
  const startTurn = (at: number, before: number): void => {
    turnedAt = at;
    idleAtTurn = idle();
    lastTurn = before;
    onTurn(endTurn);
  };
  const endTurn = (): void => {
    const at = monotonic();
    const { work } = measure(at);
    add(work);
    measuring = watchers.size > 0;
    if (measuring) startTurn(at, work);
  };
  const arm = (): void => {
    const length = seconds(Math.min(...watchers.keys()));
    tick = { dueAt: monotonic() + length, cancel: after(length, endTick) };
  };
  const endTick = (): void => {
    const { stop } = measure(monotonic());
    tick = undefined;
    if (stop > 0) {
      add(stop);
      stoppedInTurn += stop;
      afterPoll(() => {
        stoppedInTurn = 0;
      });
    }
    if (watchers.size > 0) arm();
  };

  return {
    watch(wait) {
      const length = tickDuring(wait);
      watchers.set(length, (watchers.get(length) ?? 0) + 1);
      if (!measuring) {
        measuring = true;
        startTurn(monotonic(), 0);
      }
      const now = monotonic();
      if (tick === undefined || now + length < tick.dueAt) {
        tick?.cancel();
        arm();
      }
      let watching = true;
      return () => {
        if (!watching) return;
        watching = false;
        const others = (watchers.get(length) ?? 1) - 1;
        if (others > 0) watchers.set(length, others);
        else watchers.delete(length);
        if (watchers.size > 0) return;
        tick?.cancel();
        tick = undefined;
      };
    },
    read() {
      const at = monotonic();
      const { work, unread, stop } = measure(at);
      return {
        at,
        stalled: stalled + (work < STALL ? 0 : work) + (stop < STALL ? 0 : stop),
        away: away + work + stop,
        unread: unread + stoppedInTurn + stop,
      };
    },
    count: () => count,
  };
}
