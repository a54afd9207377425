import type { TargetStatus } from "../core/status.ts";
import type { Timestamp } from "../core/units.ts";
import type { StatusChange } from "./incidents/incident.ts";
import type { SubjectState } from "./state.ts";

/** A stretch of time in one status. */
export interface Stretch {
  readonly from: Timestamp;
  /** Absent while it lasts. */
  readonly to?: Timestamp;
  readonly status: TargetStatus;
  readonly reason?: string;
}

/**
 * Returns the statuses of a subject from the time when the exporter first knew it, the oldest first. Time of which nothing tells the
 * status is unknown, and never healthy.
 * @param changes the oldest first; those of long ago may be gone
 */
export function timelineOf(
  changes: readonly StatusChange[],
  { status, since, knownSince }: Pick<SubjectState, "status" | "since" | "knownSince">,
): readonly Stretch[] {
  const starts: { at: Timestamp; status: TargetStatus; reason?: string }[] = [];
  const [first] = changes;
  const begin = knownSince ?? first?.at ?? since;
  if (begin === undefined) return [];
  if (first !== undefined && first.at > begin) starts.push({ at: begin, status: first.from });
  for (const { at, to, reason } of changes)
    starts.push({ at, status: to, ...(reason === undefined ? {} : { reason }) });
  if (first === undefined)
    starts.push({ at: begin, status: since !== undefined && since > begin ? "unknown" : status });
  // The present status counts, whatever the history says: an event may not have been written.
  const last = starts.at(-1);
  if (last !== undefined && last.status !== status)
    starts.push({ at: since === undefined || since < last.at ? last.at : since, status });
  return starts.flatMap(({ at, ...rest }, i): readonly Stretch[] => {
    const next = starts[i + 1]?.at;
    if (next === at) return [];
    return [{ from: at, ...rest, ...(next === undefined ? {} : { to: next }) }];
  });
}
