import type { Clock } from "../../core/clock.ts";
import { type Seconds, seconds } from "../../core/units.ts";

/** Wrong passwords in a row after which a guesser has to wait. People and programs with an old password need fewer. */
const FREE_FAILURES = 5;

/** Wait after the first failure beyond these; it doubles with each, up to the longest one. */
const FIRST_DELAY = seconds(0.25);
const LONGEST_DELAY = seconds(2);

/** Time without failures after which they are forgotten. */
const FORGET_AFTER = seconds(300);

/** Passwords of one guesser that may wait. A right one among them waits for those before it. */
const MOST_WAITING_EACH = 5;

/** Passwords that may wait in total. */
const MOST_WAITING = 100;

/** Most guessers that are remembered. */
const MOST_GUESSERS = 1000;

/** The reason for which a password is not checked: its guesser has to wait (`slowed`), or too many of all clients wait (`busy`). */
export type Unchecked = "slowed" | "busy";

/** Orders the checks of passwords, such that those who guess wait and the others do not. */
export interface Guesses {
  /**
   * Waits for the turn of a check, one at a time. Those with the fewest wrong passwords are first.
   * @param guesser identifies the client, and the user that it names
   * @param signal aborts when the client goes away
   * @returns a function that ends the turn, with the verdict; else why there is none
   */
  enter(guesser: string, signal: AbortSignal): Promise<((ok: boolean) => void) | Unchecked>;
  /** Forgets everything. Those that wait go on waiting. */
  reset(): void;
}

interface Guesser {
  failures: number;
  /** Time of the next check, on the monotonic clock. */
  nextAt: number;
  failedAt: number;
  readonly waiting: Set<() => void>;
}

/** Creates an empty order. */
export function createGuesses(clock: Clock): Guesses {
  /** The one used last is the last. */
  const guessers = new Map<string, Guesser>();
  let isChecking = false;
  let waiting = 0;
  let cancelTimer = (): void => {};

  const find = (key: string): Guesser => {
    const now = clock.monotonic();
    const known = guessers.get(key);
    const guesser = known ?? { failures: 0, nextAt: now, failedAt: now, waiting: new Set() };
    if (now - guesser.failedAt > FORGET_AFTER) guesser.failures = 0;
    guessers.delete(key);
    guessers.set(key, guesser);
    for (const [oldest, { waiting: own }] of guessers) {
      if (guessers.size <= MOST_GUESSERS) break;
      if (own.size === 0 && oldest !== key) guessers.delete(oldest);
    }
    return guesser;
  };
  const startNext = (): void => {
    cancelTimer();
    if (isChecking || waiting === 0) return;
    const now = clock.monotonic();
    let next: Guesser | undefined;
    let soonest = Number.POSITIVE_INFINITY;
    for (const guesser of guessers.values()) {
      if (guesser.waiting.size === 0) continue;
      soonest = Math.min(soonest, guesser.nextAt);
      if (guesser.nextAt > now) continue;
      if (next === undefined || guesser.failures < next.failures) next = guesser;
    }
    const [start] = next?.waiting ?? [];
    if (start !== undefined) return start();
    cancelTimer = clock.after(seconds(Math.max(0, soonest - now)), startNext);
  };
  const end = (guesser: Guesser, ok: boolean): void => {
    const now = clock.monotonic();
    guesser.failures = ok ? 0 : guesser.failures + 1;
    guesser.failedAt = now;
    guesser.nextAt = now + delayAfter(guesser.failures);
    isChecking = false;
    startNext();
  };

  return {
    async enter(key, signal) {
      const guesser = find(key);
      if (guesser.waiting.size >= MOST_WAITING_EACH) return "slowed";
      if (waiting >= MOST_WAITING) return "busy";
      return new Promise((resolve) => {
        const leave = (): void => {
          signal.removeEventListener("abort", giveUp);
          guesser.waiting.delete(start);
          waiting -= 1;
        };
        const start = (): void => {
          leave();
          isChecking = true;
          resolve((ok) => end(guesser, ok));
        };
        const giveUp = (): void => {
          leave();
          resolve("slowed");
        };
        signal.addEventListener("abort", giveUp, { once: true });
        guesser.waiting.add(start);
        waiting += 1;
        startNext();
      });
    },
    reset() {
      for (const [key, guesser] of guessers) {
        if (guesser.waiting.size === 0) guessers.delete(key);
        guesser.failures = 0;
        guesser.nextAt = clock.monotonic();
      }
      startNext();
    },
  };
}

function delayAfter(failures: number): Seconds {
  if (failures < FREE_FAILURES) return seconds(0);
  return seconds(Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - FREE_FAILURES)));
}
