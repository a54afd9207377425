import type { Seconds, Timestamp } from "./units.ts";

/** The days of the week as they are written. */
export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Day = (typeof DAYS)[number];

/** When a window is open. */
export type WindowTimes =
  | { readonly kind: "once"; readonly from: Timestamp; readonly to: Timestamp }
  | {
      readonly kind: "weekly";
      readonly days: readonly Day[];
      /** `HH:MM` on the clock of the time zone; `to` may be of the next day. */
      readonly from: string;
      readonly to: string;
      readonly timeZone: string;
    }
  | { readonly kind: "cron"; readonly cron: string; readonly duration: Seconds; readonly timeZone: string };

/** What is worked on: names, in which `*` stands for any text. */
export interface Coverage {
  readonly targets: readonly string[];
  readonly heartbeats: readonly string[];
  readonly groups: readonly string[];
}

/** A time in which failures are expected: nothing is concluded from them. */
export interface MaintenanceWindow extends Coverage {
  readonly name: string;
  readonly times: WindowTimes;
}
