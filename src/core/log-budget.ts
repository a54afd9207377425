import type { Clock } from "./clock.ts";
import { type Seconds, seconds } from "./units.ts";

/** Length of a window. */
const WINDOW = seconds(60);

/** Most lines of one budget in a window. */
const MOST = 10;

/** Decides which events that strangers cause are logged. */
export interface LogBudget {
  /** Returns true if an event with this key is to be logged: once for each key and minute, for at most ten keys. */
  take(key: string | undefined): boolean;
}

/** Creates a budget, so that requests of strangers cannot flood the log, and each source of them is named all the same. */
export function createLogBudget(clock: Pick<Clock, "monotonic">): LogBudget {
  let begun: Seconds | undefined;
  const logged = new Set<string | undefined>();
  return {
    take(key) {
      const now = clock.monotonic();
      if (begun === undefined || now - begun >= WINDOW) {
        begun = now;
        logged.clear();
      }
      if (logged.size >= MOST || logged.has(key)) return false;
      logged.add(key);
      return true;
    },
  };
}
