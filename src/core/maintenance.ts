import type { Seconds, Timestamp } from "./units.ts";

/** The days of the week as the configuration writes them. */
export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
/** One of `DAYS`. */
export type Day = (typeof DAYS)[number];

/** The times at which a maintenance window is open. */
export type WindowTimes =
  | { readonly kind: "once"; readonly from: Timestamp; readonly to: Timestamp }
  | {
      readonly kind: "weekly";
      readonly days: readonly Day[];
      /** `HH:MM` in the time zone. If `to` is not after `from`, the window ends the next day. */
      readonly from: string;
      readonly to: string;
      readonly timeZone: string;
    }
  | { readonly kind: "cron"; readonly cron: string; readonly duration: Seconds; readonly timeZone: string };

/** The names that a maintenance window covers; `*` matches any text. */
export interface Coverage {
  readonly targets: readonly string[];
  readonly heartbeats: readonly string[];
  readonly groups: readonly string[];
}

/** A time in which failures are expected and change no status. */
export interface MaintenanceWindow extends Coverage {
  readonly name: string;
  readonly times: WindowTimes;
}
