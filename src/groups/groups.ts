import { defined } from "../core/defined.ts";
import type { Group, GroupMember } from "../core/group.ts";
import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import type { Timestamp } from "../core/units.ts";
import { aggregate } from "./aggregate.ts";
import { type Reading, unknownReading } from "./reading.ts";

/** A member of a group with its reading. */
export interface MemberReading extends GroupMember {
  readonly reading: Reading;
}

/** A group with its status and the readings that determine it. */
export interface GroupReading {
  readonly group: Group;
  readonly status: TargetStatus;
  readonly members: readonly MemberReading[];
  /** Number of members by status. */
  readonly counts: Readonly<Record<TargetStatus, number>>;
  /** The newest time at which any member was seen. */
  readonly at?: Timestamp;
}

/** The lookups for members' readings, which never probe. They return `undefined` for an unknown name. */
export interface ReadingSources {
  readonly target: (name: string) => Reading | undefined;
  readonly heartbeat: (name: string) => Reading | undefined;
  readonly component: (name: string) => Reading | undefined;
  /** Returns the components whose reports join a group. */
  readonly joined: (group: string) => readonly GroupMember[];
}

/**
 * Returns a function that reads groups at one moment. A group that is a member of several others is read only once.
 * @param groups all groups, without cycles
 */
export function groupReader(
  groups: ReadonlyMap<string, Group>,
  sources: ReadingSources,
): (group: Group) => GroupReading {
  const readings = new Map<Group, GroupReading>();

  const readMember = ({ kind, name }: GroupMember): Reading => {
    switch (kind) {
      case "target":
        return sources.target(name) ?? unknownReading("no such target");
      case "heartbeat":
        return sources.heartbeat(name) ?? unknownReading("no heartbeat yet");
      case "component":
        return sources.component(name) ?? unknownReading("has not reported yet");
      case "group": {
        const group = groups.get(name);
        return group === undefined ? unknownReading("no such group") : asMember(read(group));
      }
    }
  };

  const read = (group: Group): GroupReading => {
    const cached = readings.get(group);
    if (cached !== undefined) return cached;
    const declared = new Set(group.members.flatMap(({ kind, name }) => (kind === "component" ? [name] : [])));
    const joined = sources.joined(group.name).filter(({ name }) => !declared.has(name));
    const members = [...group.members, ...joined].map((member) => ({
      ...member,
      reading: readMember(member),
    }));
    const statuses = members.map(({ critical, reading }) => ({ critical, status: reading.status }));
    const at = latestOf(members);
    const reading = {
      group,
      status: aggregate(statuses, group.unhealthyWhen),
      members,
      counts: countByStatus(members),
      ...defined({ at }),
    };
    readings.set(group, reading);
    return reading;
  };
  return read;
}

function countByStatus(members: readonly MemberReading[]): GroupReading["counts"] {
  const counts = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 };
  for (const { reading } of members) counts[reading.status] += 1;
  return counts;
}

const latestOf = (members: readonly MemberReading[]): Timestamp | undefined =>
  members.reduce<Timestamp | undefined>(
    (latest, { reading: { at } }) => (at === undefined || (latest ?? 0) > at ? latest : at),
    undefined,
  );

function asMember({ status, counts, at }: GroupReading): Reading {
  const message = TARGET_STATUSES.filter((one) => counts[one] > 0)
    .map((one) => `${counts[one]} ${one}`)
    .join(", ");
  return {
    status,
    ...defined({ at }),
    message: message === "" ? "no members" : message,
    metrics: {},
  };
}
