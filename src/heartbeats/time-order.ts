import type { Timestamp } from "../core/units.ts";

/** Returns the later of two times; `b` if there is no `a`. */
export const latest = (a: Timestamp | undefined, b: Timestamp): Timestamp =>
  a !== undefined && a > b ? a : b;

/** Returns the earlier of two times. */
export const earliest = (a: Timestamp, b: Timestamp): Timestamp => (a < b ? a : b);
