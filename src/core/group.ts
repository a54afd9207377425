/** A member of a group: a configured target or heartbeat, another group, or a component that reports itself. */
export interface GroupMember {
  readonly kind: "target" | "heartbeat" | "group" | "component";
  readonly name: string;
  /** True if it alone makes its group unhealthy. */
  readonly critical: boolean;
}

/** The rule by which unhealthy members that are not critical make their group unhealthy. */
export type UnhealthyWhen =
  /** Only if all members are unhealthy. */
  | { readonly kind: "critical" }
  /** If at least `count` members are unhealthy. */
  | { readonly kind: "count"; readonly count: number }
  /** If at least this ratio of the members is unhealthy. */
  | { readonly kind: "ratio"; readonly ratio: number };

/** A set of members with one aggregated status. */
export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly members: readonly GroupMember[];
  readonly unhealthyWhen: UnhealthyWhen;
}

/** Returns the name of the first group of each target and heartbeat that is a member of one. */
export function firstGroups(groups: readonly Group[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name: group, members } of groups) {
    for (const { kind, name } of members) {
      if ((kind === "target" || kind === "heartbeat") && !found.has(name)) found.set(name, group);
    }
  }
  return found;
}

/** Returns the rule of a group without one: its critical members decide, or every member if none is critical. */
export const defaultRule = (members: readonly GroupMember[]): UnhealthyWhen =>
  members.some(({ critical }) => critical) ? { kind: "critical" } : { kind: "count", count: 1 };
