import type { Timestamp } from "../core/units.ts";

/** A time in which the exporter did not run, so that nothing is known of it. */
export interface Absence {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** Returns how much of the time between `from` and `to` the exporter did not run, in seconds. */
export const absentTime = (absences: readonly Absence[], from: number, to: number): number =>
  absences.reduce(
    (sum, absence) => sum + Math.max(0, Math.min(absence.to, to) - Math.max(absence.from, from)),
    0,
  );
