import type { Clock } from "../../core/clock.ts";
import type { Steps } from "../../core/steps.ts";
import type { Target } from "../../core/target.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import type { GroupReading } from "../../groups/groups.ts";
import type { LeaderReplica } from "../../leadership/replica.ts";
import { createPage, type Page } from "../../page/page.ts";
import type { PageSource } from "../../page/source.ts";
import type { SubjectEntry, SubjectRef, SubjectState } from "../../page/state.ts";
import { createTrends } from "../../page/trends.ts";
import type { ProbedHeartbeat, TargetCondition } from "../../server/route-context.ts";
import { createAbsences } from "./absences.ts";
import { detailsOf } from "./details.ts";
import { componentEntry, componentState, groupEntry, groupState } from "./groups.ts";
import { probedEntry, probedState, pushEntry, pushState } from "./heartbeats.ts";
import { createIncidents } from "./incidents.ts";
import { createMembership } from "./membership.ts";
import type { PageParts, ShownParts } from "./parts.ts";
import { routeChain } from "./routes.ts";
import { targetEntry, targetState } from "./targets.ts";

/** The parts of the exporter that the page reads. */
interface PageDeps {
  readonly condition: (target: Target) => TargetCondition;
  readonly otherLeader: () => LeaderReplica | undefined;
}

/** Age up to which readings are shared. */
const FRESH = seconds(0.5);

/** Creates the page from the parts of the exporter. */
export function createExporterPage(shown: ShownParts, { condition, otherLeader }: PageDeps): Page {
  const { clock, index, components, history } = shown;
  const groupsOf = createMembership(() => index.current().groups, components);
  const parts: PageParts = { ...shown, condition, groupsOf };
  const readings = createReadings(parts);

  const source: PageSource = {
    now: () => clock.now(),
    entries: () => entriesOf(parts, readings),
    state: (subject) => stateOf(parts, readings, subject),
    routes: () => shown.routes.list().map(routeChain),
    trends: createTrends(history, clock),
    history,
    incidents: createIncidents(history),
    absences: createAbsences(shown),
    details: (subject) => detailsOf(parts, subject),
    leader: () => otherLeader()?.identity,
  };
  const page = createPage(source, clock);
  history.subscribe(() => page.changed());
  return page;
}

/** Facts that are read once for all subjects of a kind. */
interface Readings {
  /** Groups contain each other. */
  readonly groups: () => ReadonlyMap<string, GroupReading>;
  /** Heartbeats of logs and leases, which only the targets know that find them. */
  readonly probed: () => ReadonlyMap<string, ProbedHeartbeat>;
}

function createReadings({ clock, health, index, beatsOf }: PageParts): Readings {
  return {
    groups: remembered(clock, () => new Map(health.groups().map((one) => [one.group.name, one]))),
    probed: remembered(clock, () => {
      const found = [...index.current().targets.values()].flatMap((target) => beatsOf(target));
      return new Map(found.map((probed) => [probed.beat.heartbeat, probed]));
    }),
  };
}

/** Returns a function that reads at most twice a second. */
function remembered<Reading>(clock: Clock, read: () => Reading): () => Reading {
  let known: { readonly at: Seconds; readonly reading: Reading } | undefined;
  return () => {
    const now = clock.monotonic();
    if (known === undefined || now - known.at >= FRESH) known = { at: now, reading: read() };
    return known.reading;
  };
}

const sortedTargets = new WeakMap<ReadonlyMap<string, Target>, readonly Target[]>();

/** Returns the targets by name, sorted once for each configuration: sorting what is sorted is cheap. */
function byName(targets: ReadonlyMap<string, Target>): readonly Target[] {
  const known = sortedTargets.get(targets);
  if (known !== undefined) return known;
  const sorted = [...targets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  sortedTargets.set(targets, sorted);
  return sorted;
}

function* entriesOf(parts: PageParts, readings: Readings): Steps<readonly SubjectEntry[]> {
  const entries: SubjectEntry[] = [];
  for (const target of byName(parts.index.current().targets)) {
    entries.push(targetEntry(parts, target));
    for (const beat of parts.beatsOf(target)) entries.push(probedEntry(parts, beat));
    yield;
  }
  for (const push of parts.pushes.list()) {
    entries.push(pushEntry(parts, push));
    yield;
  }
  for (const component of parts.components.list()) {
    entries.push(componentEntry(parts, component));
    yield;
  }
  for (const reading of readings.groups().values()) entries.push(groupEntry(parts, reading));
  return entries;
}

function stateOf(parts: PageParts, readings: Readings, { kind, name }: SubjectRef): SubjectState | undefined {
  switch (kind) {
    case "target": {
      const target = parts.index.current().targets.get(name);
      return target === undefined ? undefined : targetState(parts, target);
    }
    case "heartbeat": {
      const push = parts.pushes.find(name);
      if (push !== undefined) return pushState(parts, push);
      const probed = readings.probed().get(name);
      return probed === undefined ? undefined : probedState(parts, probed);
    }
    case "component": {
      const component = parts.components.list().find((one) => one.name === name);
      return component === undefined ? undefined : componentState(parts, component);
    }
    case "group": {
      const reading = readings.groups().get(name);
      return reading === undefined ? undefined : groupState(parts, reading);
    }
  }
}
