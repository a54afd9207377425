import { setImmediate } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { type Seconds, seconds } from "./units.ts";

/** Work in small steps: it yields wherever other work may run in between, and returns its result. */
export type Steps<T> = Generator<void, T, void>;

/** Longest time that steps take before the event loop gets its turn: short beside the duration of a probe. */
const LONGEST_SLICE = seconds(0.01);

/** Takes all steps at once. */
export function complete<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * Takes the steps in slices, between which the event loop runs. Rejects if a step throws.
 * @param longest the time after which a slice ends; one step may take longer
 */
export async function inSlices<T>(
  steps: Steps<T>,
  clock: Pick<Clock, "monotonic">,
  longest: Seconds = LONGEST_SLICE,
): Promise<T> {
  for (;;) {
    const end = clock.monotonic() + longest;
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
    } while (clock.monotonic() < end);
    await setImmediate();
  }
}
