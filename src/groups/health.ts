import type { Group, GroupMember } from "../core/group.ts";
import { defaultRule } from "../core/group.ts";
import type { Target } from "../core/target.ts";
import type { Components } from "./components.ts";
import { type GroupReading, groupReader } from "./groups.ts";
import type { Reading } from "./reading.ts";

/** The status of groups. Reading it never probes. */
export interface GroupHealth {
  group(name: string): GroupReading | undefined;
  groups(): readonly GroupReading[];
  /** Returns the reading of all targets, heartbeats and components as one group. */
  everything(): GroupReading;
}

/** The current members of groups and the lookups for their readings. */
export interface HealthSources {
  readonly targets: () => readonly Target[];
  readonly groups: () => ReadonlyMap<string, Group>;
  /** Returns the push heartbeats. */
  readonly heartbeats: () => Iterable<{ readonly name: string; readonly critical?: boolean }>;
  readonly target: (name: string) => Reading | undefined;
  readonly heartbeat: (name: string) => Reading | undefined;
  readonly components: Components;
}

/** Creates the view of the groups' status over `sources`. */
export function createHealth({
  targets,
  groups,
  heartbeats,
  target,
  heartbeat,
  components,
}: HealthSources): GroupHealth {
  const sources = { target, heartbeat, component: components.reading, joined: components.joined };
  const reader = () => groupReader(groups(), sources);
  return {
    group(name) {
      const group = groups().get(name);
      return group === undefined ? undefined : reader()(group);
    },
    groups() {
      const read = reader();
      return [...groups().values()].map((group) => read(group));
    },
    everything() {
      const members: GroupMember[] = [
        ...targets().map(({ name, critical }) => ({ kind: "target" as const, name, critical })),
        ...Array.from(heartbeats(), ({ name, critical = false }) => ({
          kind: "heartbeat" as const,
          name,
          critical,
        })),
        ...components.list().map(({ name, critical }) => ({ kind: "component" as const, name, critical })),
      ];
      return reader()({ name: "", labels: {}, members, unhealthyWhen: defaultRule(members) });
    },
  };
}
