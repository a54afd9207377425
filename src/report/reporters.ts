import type { HeartbeatSource } from "../core/heartbeat.ts";
import type { TargetStatus } from "../core/status.ts";
import { elapsed, rfc3339, type Seconds, type Timestamp } from "../core/units.ts";
import type { Component, Heartbeat } from "./document.ts";
import type { Span, UnhealthySpan } from "./span.ts";

/** The uptime of a heartbeat in a window, if its past is known. */
export type BeatUptime =
  | { readonly kind: "outages"; readonly outages: readonly UnhealthySpan[] }
  /** Measured by scrapes. */
  | { readonly kind: "ratio"; readonly ratio: number; readonly outages: number };

/** The facts about one heartbeat, from any source. */
export interface BeatFacts {
  readonly name: string;
  readonly source: HeartbeatSource;
  /** One word such as `machine` or `job`; of a log or lease, its prober. */
  readonly kind: string;
  readonly hostname?: string;
  readonly owner?: string;
  readonly critical: boolean;
  readonly status: TargetStatus;
  readonly lastSeen?: Timestamp;
  readonly timeout?: Seconds;
  readonly nextExpected?: Timestamp;
  readonly uptime?: BeatUptime;
}

/** The facts about one component. */
export interface ComponentFacts {
  readonly name: string;
  readonly critical: boolean;
  readonly group?: string;
  readonly status: TargetStatus;
  readonly message?: string;
  readonly lastReport?: Timestamp;
}

/** Returns an entry of `heartbeats`. */
export function beatOf(facts: BeatFacts, window: Span): Heartbeat {
  const { uptime, lastSeen } = facts;
  return {
    heartbeat_name: facts.name,
    source: facts.source,
    kind: facts.kind,
    hostname: facts.hostname ?? null,
    owner: facts.owner ?? null,
    critical: facts.critical,
    current_status: facts.status,
    last_seen: timeOrNull(lastSeen),
    timeout_seconds: facts.timeout ?? null,
    next_expected: timeOrNull(facts.nextExpected),
    // A heartbeat that was never seen has no uptime.
    uptime_percentage: uptime === undefined || lastSeen === undefined ? null : upRatio(uptime, window) * 100,
    outages: uptime === undefined ? null : outagesIn(uptime),
  };
}

const outagesIn = (uptime: BeatUptime): number =>
  uptime.kind === "ratio" ? Math.round(uptime.outages) : uptime.outages.length;

/** Returns the share of a window in which a heartbeat was not down. */
function upRatio(uptime: BeatUptime, { from, to }: Span): number {
  if (uptime.kind === "ratio") return uptime.ratio;
  const down = uptime.outages.reduce((sum, outage) => sum + elapsed(outage.from, outage.to ?? to), 0);
  return 1 - Math.min(1, down / elapsed(from, to));
}

/** Returns an entry of `components`. */
export const componentOf = (facts: ComponentFacts): Component => ({
  component_name: facts.name,
  critical: facts.critical,
  group: facts.group ?? null,
  current_status: facts.status,
  message: facts.message === undefined || facts.message === "" ? null : facts.message,
  last_report: timeOrNull(facts.lastReport),
});

const timeOrNull = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
