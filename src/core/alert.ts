import type { Timestamp } from "./units.ts";

/** One alert as Alertmanager hands it on. Texts come from outside and are of any length and content. */
export interface Alert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: Timestamp;
  /** As it was written, to the nanosecond. */
  readonly startsAtText: string;
  /** When it ended, or will have if nothing renews it. */
  readonly endsAtText: string;
  readonly generatorUrl: string;
  /** The identity of its labels. */
  readonly fingerprint: string;
}

/** What Alertmanager says about all alerts of one notification. */
export interface AlertGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly alerts: readonly Alert[];
}

/** The value of a label or annotation, if it is there and says something. */
export const valueOf = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) && values[name] !== "" ? values[name] : undefined;
