import type { PastEvent } from "../core/history.ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import type { RecordedIncident } from "./incidents/incident.ts";
import type { ModePeriod, StatusPeriod } from "./model/subject.ts";
import type { SubjectState } from "./state.ts";
import { timeOrNull } from "./text.ts";

const MODES = ["primary", "fallback"] as const;

/**
 * Returns the periods of modes since `from`, the oldest first.
 * @param events changes of the mode since `from`, in order
 */
export function modePeriods(
  events: readonly PastEvent[],
  { target }: SubjectState,
  from: Timestamp,
): readonly ModePeriod[] {
  if (target?.mode === undefined) return [];
  const modeOf = (word: string | undefined) => MODES.find((mode) => mode === word) ?? "primary";
  const changes = events.filter(({ kind }) => kind === "mode");
  const [first] = changes;
  const before =
    first === undefined
      ? { mode: target.mode.mode, at: target.mode.since < from ? from : target.mode.since, cause: null }
      : { mode: modeOf(first.from), at: from, cause: null };
  const starts = [
    before,
    ...changes.map(({ to, at, cause }) => ({ mode: modeOf(to), at, cause: cause ?? null })),
  ];
  return starts.map(({ mode, at, cause }, i) => ({
    mode,
    from: rfc3339(at),
    to: timeOrNull(starts[i + 1]?.at),
    cause,
  }));
}

/** Returns the periods of statuses since `from`, the oldest first, from the incidents of a subject, the newest first. */
export function statusPeriods(
  incidents: readonly RecordedIncident[],
  { knownSince, status, since }: SubjectState,
  from: Timestamp,
): readonly StatusPeriod[] {
  const changes = incidents.toReversed().flatMap((incident) => incident.changes);
  const start = knownSince === undefined || knownSince < from ? from : knownSince;
  const before = changes.findLast(({ at }) => at <= start);
  const later = changes.filter(({ at }) => at > start);
  const initial =
    before === undefined
      ? {
          at: start,
          to: later.length > 0 || since === undefined || since <= start ? ("healthy" as const) : status,
        }
      : { ...before, at: start };
  const isKnown = knownSince !== undefined || changes.length > 0;
  if (!isKnown) return [];
  const all = [initial, ...later];
  // The present status counts, whatever the history says: events of long ago may be gone.
  const last = all.at(-1);
  if (last !== undefined && last.to !== status && since !== undefined && since >= last.at) {
    all.push({ at: since, to: status });
  }
  return all.map((one, i) => ({
    status: one.to,
    from: rfc3339(one.at),
    to: timeOrNull(all[i + 1]?.at),
    reason: "reason" in one ? (one.reason ?? null) : null,
  }));
}
