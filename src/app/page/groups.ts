import { defined } from "../../core/defined.ts";
import type { Component } from "../../groups/components.ts";
import type { GroupReading } from "../../groups/groups.ts";
import type { SubjectEntry, SubjectState } from "../../page/state.ts";
import type { PageParts } from "./parts.ts";

/** Returns the part of a component that filters and counts need. */
export const componentEntry = (parts: PageParts, component: Component): SubjectEntry => ({
  kind: "component",
  name: component.name,
  status: parts.components.status(component),
  labels: {},
  groups: parts.groupsOf({ kind: "component", name: component.name }),
  words: [],
});

/** Returns everything that is known of a component now. */
export function componentState(parts: PageParts, component: Component): SubjectState {
  const entry = componentEntry(parts, component);
  const reading = parts.components.reading(component.name);
  const period = parts.statuses.period("component", component.name);
  return {
    ...entry,
    critical: component.critical,
    maintenance: false,
    reason: reading?.expired === true ? "silent" : "reported",
    lastSuccess: component.reportedAt,
    ...defined({
      detail: reading?.message,
      since: period?.status === entry.status ? period.since : undefined,
      knownSince: period?.knownSince,
    }),
  };
}

/** Returns the part of a group that filters and counts need. */
export const groupEntry = (parts: PageParts, { group, status }: GroupReading): SubjectEntry => ({
  kind: "group",
  name: group.name,
  status,
  labels: group.labels,
  groups: parts.groupsOf({ kind: "group", name: group.name }),
  words: [group.description ?? ""],
});

/** Returns everything that is known of a group now. */
export function groupState(parts: PageParts, reading: GroupReading): SubjectState {
  const { group, status, members, counts, at } = reading;
  const period = parts.statuses.period("group", group.name);
  return {
    ...groupEntry(parts, reading),
    critical: false,
    maintenance: false,
    ...(status === "healthy" ? {} : { reason: "members" }),
    group: {
      counts,
      members: members.map(({ kind, name, critical, reading: own }) => ({
        kind,
        name,
        critical,
        status: own.status,
      })),
    },
    ...defined({
      description: group.description,
      lastSuccess: at,
      since: period?.status === status ? period.since : undefined,
      knownSince: period?.knownSince,
    }),
  };
}
