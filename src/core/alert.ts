import type { Timestamp } from "./units.ts";

/** One alert as Alertmanager sends it. Its strings are untrusted: they have any length and content. */
export interface Alert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: Timestamp;
  /** `startsAt` as it was written, to the nanosecond. */
  readonly startsAtText: string;
  /** When the alert ended, or will end if Prometheus does not renew it. */
  readonly endsAtText: string;
  readonly generatorUrl: string;
  /** Hash of its labels. */
  readonly fingerprint: string;
}

/** One notification of Alertmanager. */
export interface AlertGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly externalUrl: string;
  readonly alerts: readonly Alert[];
  /** Number of alerts that Alertmanager left out because of `max_alerts`. */
  readonly truncated: number;
}

/** Returns the value of a label or annotation; `undefined` if it is missing or empty. */
export const valueOf = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) && values[name] !== "" ? values[name] : undefined;
