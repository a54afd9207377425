import type { Timestamp } from "../core/units.ts";

/** The outcome of the last attempt to load a configuration. */
export interface ReloadStatus {
  readonly lastSuccessful: boolean;
  readonly lastSuccessAt: Timestamp;
}
