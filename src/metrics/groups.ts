import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import type { Component, Components } from "../groups/components.ts";
import type { GroupReading } from "../groups/groups.ts";

/** Makes the samples of groups and components. */
export function* groupAndComponentSamples(
  groups: readonly GroupReading[],
  components: Pick<Components, "list" | "status" | "values">,
): Generator<Sample> {
  for (const reading of groups) yield* groupSamples(reading);
  const listed = listedIn(groups);
  const reported = components.list();
  for (const component of reported) {
    const critical = component.critical || listed.get(component.name) === true;
    yield* componentSamples({ ...component, critical }, components);
  }
  // Without a series the absence of a component would not be seen.
  const known = new Set(reported.map(({ name }) => name));
  for (const [name, critical] of listed) if (!known.has(name)) yield* unknownSamples(name, critical);
}

function* groupSamples({ group, status: current, counts, members }: GroupReading): Generator<Sample> {
  const labels = { group: group.name };
  for (const status of TARGET_STATUSES) {
    yield sample(catalogue.groupStatus, Number(status === current), { ...labels, status });
    yield sample(catalogue.groupMembers, counts[status], { ...labels, status });
  }
  for (const { name: member, kind, reading } of members) {
    const { status, reason = "" } = reading;
    if (status === "healthy") continue;
    yield sample(catalogue.groupMemberNotHealthy, 1, { ...labels, member, kind, status, reason });
  }
  yield sample(catalogue.groupInfo, 1, { ...group.labels, ...labels });
}

function* componentSamples(
  component: Component,
  { status, values }: Pick<Components, "status" | "values">,
): Generator<Sample> {
  const labels = { component: component.name };
  yield* statusSamples(component.name, status(component));
  yield sample(catalogue.componentLastReport, component.reportedAt, labels);
  const { critical, group = "" } = component;
  yield sample(catalogue.componentInfo, 1, { ...labels, critical: String(critical), group });
  for (const [name, value] of values(component)) {
    yield sample(catalogue.componentValue, value, { ...labels, name });
  }
}

function* statusSamples(component: string, current: TargetStatus): Generator<Sample> {
  for (const status of TARGET_STATUSES) {
    yield sample(catalogue.componentStatus, Number(status === current), { component, status });
  }
}

/** Makes the samples of a component that has not reported. */
function* unknownSamples(component: string, critical: boolean): Generator<Sample> {
  yield* statusSamples(component, "unknown");
  yield sample(catalogue.componentInfo, 1, { component, critical: String(critical), group: "" });
}

/** Returns the components in groups, and whether one of the groups calls them critical. */
function listedIn(groups: readonly GroupReading[]): ReadonlyMap<string, boolean> {
  const listed = new Map<string, boolean>();
  for (const { kind, name, critical } of groups.flatMap(({ members }) => members)) {
    if (kind === "component") listed.set(name, critical || listed.get(name) === true);
  }
  return listed;
}
