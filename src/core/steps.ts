import { createSlices } from "./slices.ts";
import { seconds } from "./units.ts";

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
 * Takes the steps in slices, between which the event loop runs. Rejects if a step throws. One step may take longer than a
 * slice.
 */
export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  const slices = createSlices(LONGEST_SLICE);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (slices.isOver()) await slices.next();
  }
}
