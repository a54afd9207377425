import type { Clock } from "../core/clock.ts";
import type { GroupMember } from "../core/group.ts";
import type { StateStore } from "../core/memory.ts";
import type { TargetStatus } from "../core/status.ts";
import { elapsed, formatDuration, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { type ComponentReport, type ReportProblem, readReport } from "./component-report.ts";
import type { Reading } from "./reading.ts";

/** A component with its latest report. */
export interface Component extends ComponentReport {
  readonly name: string;
  readonly reportedAt: Timestamp;
}

/** The components: programs that report their own status over HTTP, and plugins. A report expires after its `ttl`. */
export interface Components {
  /** Parses a report and replaces the component's previous one. */
  report(name: string, report: unknown): Component | ReportProblem;
  /** Removes a component. Returns false if it is unknown. */
  delete(name: string): boolean;
  list(): readonly Component[];
  /** Returns the reported status, or unknown once the report has expired. */
  readonly status: (component: Component) => TargetStatus;
  readonly reading: (name: string) => Reading | undefined;
  /** Returns the components whose reports join a group. */
  readonly joined: (group: string) => readonly GroupMember[];
}

/** Most components accepted, so that a program that generates names does not exhaust memory. */
const MOST_COMPONENTS = 1000;

interface StoredComponent {
  readonly component: Component;
  /** Expiry by the monotonic clock, so that setting the wall clock back does not extend it. */
  readonly expiresAt: Seconds;
}

/** The names of the current configuration. */
export interface ConfiguredNames {
  /** Reports whether a target, heartbeat or group has the name. */
  readonly isTaken: (name: string) => boolean;
  readonly groups: () => readonly string[];
}

/**
 * Creates the components and restores their reports.
 * @param store persists the reports
 */
export function createComponents(store: StateStore, clock: Clock, names: ConfiguredNames): Components {
  const stored = new Map<string, StoredComponent>();
  for (const [name, value] of Array.from(store.entries())) {
    const component = readStored(name, value);
    if (component === undefined || stored.size === MOST_COMPONENTS) store.delete(name);
    else stored.set(name, { component, expiresAt: expiryOf(component, clock) });
  }

  const statusOf = ({ component, expiresAt }: StoredComponent): TargetStatus =>
    clock.monotonic() < expiresAt ? component.status : "unknown";

  const objection = (name: string, { group }: ComponentReport): string | undefined => {
    if (names.isTaken(name)) {
      return `name: got ${JSON.stringify(name)}, want one that no target, heartbeat or group has`;
    }
    if (group !== undefined && !names.groups().includes(group)) {
      const groups = names.groups().join(", ");
      return `group: got ${JSON.stringify(group)}, want ${groups === "" ? "none, because no group is configured" : `one of: ${groups}`}`;
    }
    return stored.has(name) || stored.size < MOST_COMPONENTS
      ? undefined
      : `components: got more than ${MOST_COMPONENTS}, want at most ${MOST_COMPONENTS}; DELETE those that are gone`;
  };

  return {
    report(name, value) {
      const report = readReport(name, value);
      if ("refused" in report) return report;
      const refused = objection(name, report);
      if (refused !== undefined) return { refused };
      const component = { ...report, name, reportedAt: clock.now() };
      stored.set(name, { component, expiresAt: expiryOf(component, clock) });
      store.put(name, component);
      return component;
    },
    delete(name) {
      store.delete(name);
      return stored.delete(name);
    },
    list: () => [...stored.values()].map(({ component }) => component),
    status({ name }) {
      const found = stored.get(name);
      return found === undefined ? "unknown" : statusOf(found);
    },
    reading(name) {
      const found = stored.get(name);
      if (found === undefined) return undefined;
      const { message, metrics, reportedAt, ttl, status } = found.component;
      const isExpired = clock.monotonic() >= found.expiresAt;
      const silence = formatDuration(seconds(Math.floor(Math.max(ttl, elapsed(reportedAt, clock.now())))));
      return {
        status: statusOf(found),
        at: reportedAt,
        message: isExpired ? `silent for ${silence}, was ${status}` : message,
        metrics,
      };
    },
    joined: (group) =>
      [...stored.values()]
        .filter(({ component }) => component.group === group)
        .map(({ component: { name, critical } }) => ({ kind: "component", name, critical })),
  };
}

/** Returns the expiry of a report by the monotonic clock. The time since it was made, such as a restart, counts. */
function expiryOf({ reportedAt, ttl }: Component, clock: Clock): Seconds {
  const age = Math.max(0, elapsed(reportedAt, clock.now()));
  return seconds(clock.monotonic() + ttl - age);
}

/** Parses a component stored by another run of the exporter, perhaps of another version. */
function readStored(name: string, value: unknown): Component | undefined {
  if (typeof value !== "object" || value === null || !("reportedAt" in value) || !("ttl" in value)) {
    return undefined;
  }
  const { reportedAt, ttl, ...fields } = value;
  if (typeof reportedAt !== "number" || !Number.isFinite(reportedAt)) return undefined;
  if (typeof ttl !== "number") return undefined;
  const report = readReport(name, { ...fields, ttl: `${Math.round(ttl * 1000)}ms` });
  return "refused" in report ? undefined : { ...report, name, reportedAt: timestamp(reportedAt) };
}
