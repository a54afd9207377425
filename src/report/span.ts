import type { Timestamp } from "../core/units.ts";

/** A period from `from` to `to`. */
export interface Span {
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** A period in which a target was unhealthy, after thresholds; ongoing without `to`. */
export interface UnhealthySpan {
  readonly from: Timestamp;
  readonly to?: Timestamp;
}
