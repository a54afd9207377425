/** The color of everything that is not known. Never green, and not red either. */
export const GREY = "#7b7f87";

/** A value of a state set, with the number that represents it in a panel; numbers rise from good to bad. */
export interface State {
  readonly name: string;
  readonly code: number;
  readonly color: string;
  readonly text?: string;
}

/** The statuses of targets, groups and components. Unknown ranks as worse than degraded: it must not pass as healthy. */
export const STATUSES = [
  { name: "healthy", code: 1, color: "green" },
  { name: "degraded", code: 2, color: "yellow" },
  { name: "unknown", code: 3, color: GREY },
  { name: "unhealthy", code: 4, color: "red" },
] as const satisfies readonly State[];

/** The states of heartbeats. */
export const HEARTBEAT_STATES = [
  { name: "up", code: 1, color: "green" },
  { name: "never", code: 2, color: GREY, text: "never seen" },
  { name: "unknown", code: 3, color: GREY },
  { name: "down", code: 4, color: "red" },
] as const satisfies readonly State[];

/** The results of the last probe. */
export const PROBE_STATES = [
  { name: "ok", code: 1, color: "green" },
  { name: "failed", code: 0, color: "red" },
  { name: "unknown", code: 2, color: GREY },
] as const satisfies readonly State[];

/** The failover modes of targets. */
export const MODES = [
  { name: "primary", code: 1, color: "green" },
  { name: "fallback", code: 2, color: "orange" },
] as const satisfies readonly State[];

/** The states of circuit breakers. */
export const CIRCUITS = [
  { name: "closed", code: 1, color: "green" },
  { name: "half_open", code: 2, color: "yellow", text: "half open" },
  { name: "open", code: 3, color: "red" },
] as const satisfies readonly State[];

/** The severities of alerts. */
export const SEVERITIES = [
  { name: "critical", code: 3, color: "red" },
  { name: "warning", code: 2, color: "orange" },
  { name: "info", code: 1, color: "blue" },
] as const satisfies readonly State[];

/** Returns the states of a metric whose values are 1 and 0. */
export const yesNo = (
  yes: string,
  no: string,
  [good, bad]: readonly [string, string] = ["green", "red"],
): readonly State[] => [
  { name: yes, code: 1, color: good },
  { name: no, code: 0, color: bad },
];

/** Returns the only state of series that exist while something is the case, and are absent otherwise. */
export const present = (name: string, color: string): readonly State[] => [{ name, code: 1, color }];
