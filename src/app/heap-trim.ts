import { getHeapStatistics } from "node:v8";
import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";

/** Time after the start in which the first probes and scrapes have loaded what they need. */
const SETTLED = seconds(4);

/** Largest heap that is trimmed, in bytes. A larger one takes over a tenth of a second, and belongs to a process that is not small. */
const LARGEST = 32 * 2 ** 20;

/**
 * Gives the memory back to the system that only the start has needed: code and texts of modules, and the young generation that grew
 * with them. V8 would keep it until a collection in an idle process, which may be hours. Does nothing without `--expose-gc`, which
 * every start of the package, the image and `npm start` has.
 */
export function trimHeapAfterStart(clock: Clock): void {
  const collect = globalThis.gc;
  if (collect === undefined) return;
  clock.after(SETTLED, () => {
    if (getHeapStatistics().used_heap_size > LARGEST) return;
    collect({ type: "major", execution: "sync", flavor: "last-resort" });
  });
}
