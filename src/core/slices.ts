import { setImmediate as nextTurn } from "node:timers/promises";
import { type Seconds, toMilliseconds } from "./units.ts";

/** Resolves when the slices that have been asked for have had their turns. */
let lastTurn: Promise<unknown> = Promise.resolve();

/** Divides long work into slices between which the event loop runs. */
export interface Slices {
  /** Reports whether the current slice has taken its time. */
  isOver(): boolean;
  /**
   * Ends the slice. Resolves at the start of the next one: after timers and sockets were served, and in a turn of its own if
   * other work is divided as well.
   */
  next(): Promise<void>;
}

/**
 * Starts the first slice.
 * @param longest time for which one slice may hold the event loop
 */
export function createSlices(longest: Seconds): Slices {
  const most = toMilliseconds(longest);
  let began = performance.now();
  return {
    isOver: () => performance.now() - began > most,
    async next() {
      const turn = lastTurn.then(() => nextTurn());
      lastTurn = turn;
      await turn;
      began = performance.now();
    },
  };
}
