import { defined } from "../core/defined.ts";
import type { Group, GroupMember } from "../core/group.ts";
import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import type { Timestamp } from "../core/units.ts";
import { aggregate } from "./aggregate.ts";
import { nothingKnown, type Reading } from "./reading.ts";

/** A member with what is known of it. */
export interface MemberReading extends GroupMember {
  readonly reading: Reading;
}

/** A group with its status and what that was made of. */
export interface GroupReading {
  readonly group: Group;
  readonly status: TargetStatus;
  readonly members: readonly MemberReading[];
  /** How many members have each status. */
  readonly counts: Readonly<Record<TargetStatus, number>>;
  /** When the member that was heard of last was heard of. */
  readonly at?: Timestamp;
}

/** Where readings come from; nothing is probed for them. `undefined` is nothing known. */
export interface ReadingSources {
  readonly target: (name: string) => Reading | undefined;
  readonly heartbeat: (name: string) => Reading | undefined;
  readonly component: (name: string) => Reading | undefined;
  /** The components that said themselves that they belong to a group. */
  readonly joined: (group: string) => readonly GroupMember[];
}

/**
 * Reads groups at one moment, each once however many others it is a member of.
 * @param groups without cycles
 */
export function groupReader(
  groups: ReadonlyMap<string, Group>,
  sources: ReadingSources,
): (group: Group) => GroupReading {
  const known = new Map<Group, GroupReading>();

  const readMember = ({ kind, name }: GroupMember): Reading => {
    switch (kind) {
      case "target":
        return sources.target(name) ?? nothingKnown("no such target");
      case "heartbeat":
        return sources.heartbeat(name) ?? nothingKnown("no heartbeat yet");
      case "component":
        return sources.component(name) ?? nothingKnown("has not reported yet");
      case "group": {
        const group = groups.get(name);
        return group === undefined ? nothingKnown("no such group") : asMember(read(group));
      }
    }
  };

  const read = (group: Group): GroupReading => {
    const before = known.get(group);
    if (before !== undefined) return before;
    const declared = new Set(group.members.flatMap(({ kind, name }) => (kind === "component" ? [name] : [])));
    const joined = sources.joined(group.name).filter(({ name }) => !declared.has(name));
    const members = [...group.members, ...joined].map((member) => ({
      ...member,
      reading: readMember(member),
    }));
    const weighed = members.map(({ critical, reading }) => ({ critical, status: reading.status }));
    const at = latestOf(members);
    const reading = {
      group,
      status: aggregate(weighed, group.unhealthyWhen),
      members,
      counts: countByStatus(members),
      ...defined({ at }),
    };
    known.set(group, reading);
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
