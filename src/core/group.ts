/** What a group is made of: configured targets and heartbeats, other groups, and components that report themselves. */
export interface GroupMember {
  readonly kind: "target" | "heartbeat" | "group" | "component";
  readonly name: string;
  /** Whether it alone makes its group unhealthy. */
  readonly critical: boolean;
}

/** When unhealthy members that are not critical make their group unhealthy all the same. */
export type UnhealthyWhen =
  /** Never, but for all of them together. */
  | { readonly kind: "critical" }
  /** As soon as there are so many; 1 is any. */
  | { readonly kind: "count"; readonly count: number }
  /** As soon as they are this part of all members. */
  | { readonly kind: "ratio"; readonly ratio: number };

/** Members with one status. */
export interface Group {
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly members: readonly GroupMember[];
  readonly unhealthyWhen: UnhealthyWhen;
}

/** What holds where nothing is said: critical members decide, and where none is marked as critical each does. */
export const usualRule = (members: readonly GroupMember[]): UnhealthyWhen =>
  members.some(({ critical }) => critical) ? { kind: "critical" } : { kind: "count", count: 1 };
