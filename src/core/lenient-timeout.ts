import { type LoopTimers, type StallMeter, tickDuring } from "./stalls.ts";
import { type Seconds, seconds } from "./units.ts";

/** Part of a delay by which timers may run early, because they round to milliseconds. */
const ROUNDING = seconds(0.001);

/** Multiple of the delay from which a loop that is always late counts as slow, and no longer as stalled. */
const LONGEST = 4;

/** Stalls after that multiple with which a wait ends. */
const LAST_STALLS = 25;

/**
 * Calls `run` after `delay` of time in which the event loop ran. A stall extends the wait by its whole length and not only
 * until sockets have been read once: a probe of several steps (connection, handshake, request) makes one step in each turn,
 * and needs the time of the target for each. The last turn reads the sockets before `run` is called, because timers run
 * before them.
 *
 * A loop that is late in every turn does run, though slowly, and its waits must end. A wait that has taken `LONGEST` times
 * its delay ends after `LAST_STALLS` further stalls. Sockets are read after each of them, and no probe has as many steps, so
 * that the end is not a verdict of the loop. A single stall, however long, does not come near.
 * @returns a function that cancels the wait
 */
export function startLenientTimeout(
  { monotonic, after, afterPoll }: LoopTimers,
  stalls: StallMeter,
  delay: Seconds,
  run: () => void,
): () => void {
  const unwatch = stalls.watch(delay);
  const begun = monotonic();
  const stalledBefore = stalls.read().stalled;
  let overdueFrom: number | undefined;
  let over = false;

  const isOverdue = (): boolean => {
    if (monotonic() - begun < LONGEST * delay) return false;
    overdueFrom ??= stalls.count();
    return stalls.count() - overdueFrom >= LAST_STALLS;
  };
  const end = (): void => {
    over = true;
    unwatch();
  };
  const check = (): void => {
    const stalled = stalls.read().stalled - stalledBefore;
    // The meter may not have seen the beginning of a stall.
    const allowed = delay + (stalled > 0 ? stalled + tickDuring(delay) : 0);
    const left = seconds(begun + allowed - monotonic());
    if (left > ROUNDING && !isOverdue()) {
      cancelTimer = after(left, check);
      return;
    }
    afterPoll(() => {
      if (over) return;
      end();
      run();
    });
  };
  let cancelTimer = after(delay, check);
  return () => {
    cancelTimer();
    end();
  };
}
