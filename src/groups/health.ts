import type { Group, GroupMember } from "../core/group.ts";
import { defaultRule } from "../core/group.ts";
import type { Target } from "../core/target.ts";
import type { Components } from "./components.ts";
import { type GroupReading, groupReader } from "./groups.ts";
import type { Reading } from "./reading.ts";

/** The status of groups, from what is known: nothing is probed for it. */
export interface GroupHealth {
  group(name: string): GroupReading | undefined;
  groups(): readonly GroupReading[];
  /** All targets, heartbeats and components, as if they were one group. */
  everything(): GroupReading;
}

/** What the groups are made of at present. */
export interface HealthSources {
  readonly targets: () => readonly Target[];
  readonly groups: () => ReadonlyMap<string, Group>;
  /** The heartbeats that are pushed. */
  readonly heartbeats: () => Iterable<{ readonly name: string; readonly critical?: boolean }>;
  readonly target: (name: string) => Reading | undefined;
  readonly heartbeat: (name: string) => Reading | undefined;
  readonly components: Components;
}

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
