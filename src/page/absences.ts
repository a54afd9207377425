import type { Timestamp } from "../core/units.ts";

/** A time in which the exporter did not run, so that nothing is known of it. */
export interface Absence {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** Returns how much of the time between `from` and `to` the exporter did not run, in seconds. */
export const absentTime = (absences: readonly Absence[], from: number, to: number): number =>
  absences.reduce((sum, absence) => sum + overlap(absence, { from, to }), 0);

/** Returns how long two stretches of time overlap, in seconds. */
export const overlap = (
  a: { readonly from: number; readonly to: number },
  b: { readonly from: number; readonly to: number },
): number => Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
