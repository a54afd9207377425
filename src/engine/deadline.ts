import type { Clock } from "../core/clock.ts";
import type { Seconds } from "../core/units.ts";
import { seconds } from "../core/units.ts";

/** The deadline of one probe. Askers that join the probe with more time than the first one had move it. */
export interface Deadline {
  /** Aborts at the deadline, and when the probe is aborted before. */
  readonly signal: AbortSignal;
  /** How long the probe may take, from its request on. */
  timeout(): Seconds;
  /** Moves the deadline to `timeout` after the request of the probe, if that is later. */
  extend(timeout: Seconds): void;
  abort(reason: unknown): void;
  /** Ends the timer. */
  cancel(): void;
}

/** Starts a deadline, which is over at once without time. Time for which the event loop stands still does not count. */
export function startDeadline(engineClock: Clock, initial: Seconds): Deadline {
  const controller = new AbortController();
  const clock = engineClock.forProbe();
  const begun = clock.monotonic();
  let timeout = initial;
  const arm = (): (() => void) =>
    clock.timeout(seconds(Math.max(0, timeout - (clock.monotonic() - begun))), () => controller.abort());
  let cancel = initial > 0 ? arm() : () => {};
  if (initial <= 0) controller.abort();
  return {
    signal: controller.signal,
    timeout: () => timeout,
    extend(longer) {
      if (longer <= timeout || controller.signal.aborted) return;
      timeout = longer;
      cancel();
      cancel = arm();
    },
    abort: (reason) => controller.abort(reason),
    cancel: () => cancel(),
  };
}
