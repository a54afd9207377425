import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import { TARGET_STATUSES } from "../core/status.ts";
import type { Component, Components } from "../groups/components.ts";
import type { GroupReading } from "../groups/groups.ts";
import { createExposition } from "./exposition.ts";

/** Renders the part of `/metrics` about groups and components. */
export function groupsText(
  groups: readonly GroupReading[],
  components: readonly Component[],
  statusOf: Components["status"],
): string {
  const exposition = createExposition();
  for (const reading of groups) exposition.add(groupSamples(reading));
  for (const component of components) {
    const labels = { component: component.name };
    const current = statusOf(component);
    exposition.add(
      TARGET_STATUSES.map((status) =>
        sample(catalogue.componentStatus, Number(status === current), { ...labels, status }),
      ),
    );
    exposition.add([sample(catalogue.componentLastReport, component.reportedAt, labels)]);
  }
  return exposition.text();
}

function* groupSamples({ group, status: current, counts }: GroupReading): Generator<Sample> {
  const labels = { group: group.name };
  for (const status of TARGET_STATUSES) {
    yield sample(catalogue.groupStatus, Number(status === current), { ...labels, status });
    yield sample(catalogue.groupMembers, counts[status], { ...labels, status });
  }
  yield sample(catalogue.groupInfo, 1, { ...group.labels, ...labels });
}
