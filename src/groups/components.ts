import type { Clock } from "../core/clock.ts";
import type { GroupMember } from "../core/group.ts";
import type { StateStore } from "../core/memory.ts";
import type { TargetStatus } from "../core/status.ts";
import { elapsed, formatDuration, type Seconds, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { type ComponentReport, type ReportProblem, readReport } from "./component-report.ts";
import type { Reading } from "./reading.ts";

/** A component as it reported itself last. */
export interface Component extends ComponentReport {
  readonly name: string;
  readonly reportedAt: Timestamp;
}

/** What reports its own status: programs over HTTP, and plugins. Its word counts for its `ttl`, then it is unknown. */
export interface Components {
  /** Takes a report as `readReport` does, in the place of the one before. */
  report(name: string, report: unknown): Component | ReportProblem;
  /** Forgets a component; false when there is none of that name. */
  delete(name: string): boolean;
  list(): readonly Component[];
  /** What its last report says by now. */
  readonly status: (component: Component) => TargetStatus;
  readonly reading: (name: string) => Reading | undefined;
  /** Those that belong to a group by their own word. */
  readonly joined: (group: string) => readonly GroupMember[];
}

/** More are no components of anything but a mistake in how they are named. */
const MOST_COMPONENTS = 1000;

interface StoredComponent {
  readonly component: Component;
  /** By the clock that does not jump: one set back must not prolong anybody's word. */
  readonly until: Seconds;
}

/** The names there are in the configuration at present. */
export interface ConfiguredNames {
  /** Whether a target, a heartbeat or a group has it. */
  readonly isTaken: (name: string) => boolean;
  readonly groups: () => readonly string[];
}

/** @param shelf where reports survive a restart */
export function createComponents(shelf: StateStore, clock: Clock, names: ConfiguredNames): Components {
  const kept = new Map<string, StoredComponent>();
  for (const [name, value] of Array.from(shelf.entries())) {
    const component = readStored(name, value);
    if (component === undefined || kept.size === MOST_COMPONENTS) shelf.delete(name);
    else kept.set(name, { component, until: untilOf(component, clock) });
  }

  const statusOf = ({ component, until }: StoredComponent): TargetStatus =>
    clock.monotonic() < until ? component.status : "unknown";

  const objection = (name: string, { group }: ComponentReport): string | undefined => {
    if (names.isTaken(name)) {
      return `name: got ${JSON.stringify(name)}, want one that no target, heartbeat or group has`;
    }
    if (group !== undefined && !names.groups().includes(group)) {
      const known = names.groups().join(", ");
      return `group: got ${JSON.stringify(group)}, want ${known === "" ? "none, because no group is configured" : `one of: ${known}`}`;
    }
    return kept.has(name) || kept.size < MOST_COMPONENTS
      ? undefined
      : `components: got one more than ${MOST_COMPONENTS}, want at most so many: DELETE those that are gone`;
  };

  return {
    report(name, value) {
      const report = readReport(name, value);
      if ("refused" in report) return report;
      const refused = objection(name, report);
      if (refused !== undefined) return { refused };
      const component = { ...report, name, reportedAt: clock.now() };
      kept.set(name, { component, until: untilOf(component, clock) });
      shelf.put(name, component);
      return component;
    },
    delete(name) {
      shelf.delete(name);
      return kept.delete(name);
    },
    list: () => [...kept.values()].map(({ component }) => component),
    status({ name }) {
      const found = kept.get(name);
      return found === undefined ? "unknown" : statusOf(found);
    },
    reading(name) {
      const found = kept.get(name);
      if (found === undefined) return undefined;
      const { message, metrics, reportedAt, ttl, status } = found.component;
      const late = clock.monotonic() >= found.until;
      const silence = formatDuration(seconds(Math.floor(Math.max(ttl, elapsed(reportedAt, clock.now())))));
      return {
        status: statusOf(found),
        at: reportedAt,
        message: late ? `silent for ${silence}, was ${status}` : message,
        metrics,
      };
    },
    joined: (group) =>
      [...kept.values()]
        .filter(({ component }) => component.group === group)
        .map(({ component: { name, critical } }) => ({ kind: "component", name, critical })),
  };
}

/** Until when a report counts. One of before a restart has used up of its time what passed since. */
function untilOf({ reportedAt, ttl }: Component, clock: Clock): Seconds {
  const used = Math.max(0, elapsed(reportedAt, clock.now()));
  return seconds(clock.monotonic() + ttl - used);
}

/** What another run of the exporter, maybe of another version, left on the shelf. */
function readStored(name: string, value: unknown): Component | undefined {
  if (typeof value !== "object" || value === null || !("reportedAt" in value) || !("ttl" in value)) {
    return undefined;
  }
  const { reportedAt, ttl, ...said } = value;
  if (typeof reportedAt !== "number" || !Number.isFinite(reportedAt)) return undefined;
  if (typeof ttl !== "number") return undefined;
  const report = readReport(name, { ...said, ttl: `${Math.round(ttl * 1000)}ms` });
  return "refused" in report ? undefined : { ...report, name, reportedAt: timestamp(reportedAt) };
}
