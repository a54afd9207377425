import type { Clock } from "../core/clock.ts";
import type { GroupMember } from "../core/group.ts";
import type { Log } from "../core/log.ts";
import type { StateStore } from "../core/memory.ts";
import type { TargetStatus } from "../core/status.ts";
import { truncate } from "../core/truncate.ts";
import {
  elapsed,
  formatDuration,
  isTimestamp,
  type Seconds,
  seconds,
  type Timestamp,
} from "../core/units.ts";
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
  /** Returns the numbers of a component's report that become series: none once it has expired. */
  readonly values: (component: Component) => readonly (readonly [name: string, value: number])[];
  /** Discounts a time in which no component could report from the age that its report will have after a restart. */
  discount(absence: Seconds): void;
}

/** Most components accepted, so that a program that generates names does not exhaust memory. */
const MOST_COMPONENTS = 1000;

/** Most different names of numbers per component that become series, so that names which change do not pile up. */
const MOST_VALUE_NAMES = 32;

interface StoredComponent {
  readonly component: Component;
  /** Expiry by the monotonic clock, so that setting the wall clock back does not extend it. */
  readonly expiresAt: Seconds;
  /** Time since the report in which the exporter did not run. It does not count as the component's silence. */
  readonly awayFor: Seconds;
  /** The names of its numbers that become series: the first ones that it has reported. */
  readonly valueNames: ReadonlySet<string>;
  /** True once it has reported other names as well, which was logged. */
  readonly hasMoreNames: boolean;
}

/** The names of the current configuration. */
export interface ConfiguredNames {
  /** Reports whether a target, heartbeat or group has the name. */
  readonly isTaken: (name: string) => boolean;
  readonly groups: () => readonly string[];
}

/** Dependencies of the components. */
export interface ComponentsDeps {
  /** Its monotonic time stands still while the exporter does not run. */
  readonly clock: Clock;
  readonly log: Log;
  /** Persists the reports. */
  readonly store: StateStore;
  readonly names: ConfiguredNames;
  /** Downtime before this start, during which no component could report. */
  readonly downFor: Seconds;
  /** Called after a report was stored. */
  readonly onReport: (name: string) => void;
  /** Called after a component was deleted. */
  readonly onDelete: (name: string) => void;
}

/** Creates the components and restores their reports. */
export function createComponents(deps: ComponentsDeps): Components {
  const { store, clock, log, names } = deps;
  const stored = new Map<string, StoredComponent>();

  const warnOfNames = (component: string): void => {
    const text = "a component reports numbers under more names than the limit; further ones are no series";
    log.warn({ component, limit: MOST_VALUE_NAMES }, text);
  };
  const keep = (component: Component, awayFor: Seconds): void => {
    const { name, metrics } = component;
    const before = stored.get(name);
    const all = new Set([...(before?.valueNames ?? []), ...Object.keys(metrics)]);
    const hasMore = all.size > MOST_VALUE_NAMES;
    if (hasMore && before?.hasMoreNames !== true) warnOfNames(name);
    stored.set(name, {
      component,
      expiresAt: expiryOf(component, awayFor, clock),
      awayFor,
      valueNames: new Set([...all].slice(0, MOST_VALUE_NAMES)),
      hasMoreNames: hasMore || before?.hasMoreNames === true,
    });
    store.put(name, { ...component, awayFor });
  };

  for (const [name, value] of Array.from(store.entries())) {
    const restored = readStored(name, value);
    if (restored === undefined) {
      const text = "the stored report of a component cannot be read and was deleted";
      log.warn({ component: truncate(name, 128) }, text);
    }
    if (restored === undefined || stored.size === MOST_COMPONENTS) store.delete(name);
    else keep(restored.component, seconds(restored.awayFor + deps.downFor));
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
      keep(component, seconds(0));
      deps.onReport(name);
      return component;
    },
    delete(name) {
      store.delete(name);
      const deleted = stored.delete(name);
      if (deleted) deps.onDelete(name);
      return deleted;
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
        ...(isExpired ? { expired: true } : {}),
      };
    },
    joined: (group) =>
      [...stored.values()]
        .filter(({ component }) => component.group === group)
        .map(({ component: { name, critical } }) => ({ kind: "component", name, critical })),
    values({ name }) {
      const found = stored.get(name);
      if (found === undefined || clock.monotonic() >= found.expiresAt) return [];
      return Object.entries(found.component.metrics).filter(([metric]) => found.valueNames.has(metric));
    },
    discount(absence) {
      for (const [name, one] of Array.from(stored)) {
        const awayFor = seconds(one.awayFor + absence);
        stored.set(name, { ...one, awayFor });
        store.put(name, { ...one.component, awayFor });
      }
    },
  };
}

/**
 * Returns the expiry of a report by the monotonic clock. The time since it was made counts, except that in which the exporter
 * could not receive another one.
 */
function expiryOf({ reportedAt, ttl }: Component, awayFor: Seconds, clock: Clock): Seconds {
  const age = Math.max(0, elapsed(reportedAt, clock.now()) - awayFor);
  return seconds(clock.monotonic() + ttl - age);
}

/** Parses a component stored by another run of the exporter, perhaps of another version. */
function readStored(
  name: string,
  value: unknown,
): Pick<StoredComponent, "component" | "awayFor"> | undefined {
  if (typeof value !== "object" || value === null || !("reportedAt" in value) || !("ttl" in value)) {
    return undefined;
  }
  const { reportedAt, ttl, awayFor = 0, ...fields } = value as Readonly<Record<string, unknown>>;
  if (!isTimestamp(reportedAt)) return undefined;
  if (typeof ttl !== "number" || typeof awayFor !== "number" || !isTimestamp(awayFor)) return undefined;
  const report = readReport(name, { ...fields, ttl: `${Math.round(ttl * 1000)}ms` });
  if ("refused" in report) return undefined;
  const component = { ...report, name, reportedAt };
  return { component, awayFor: seconds(Math.max(0, awayFor)) };
}
