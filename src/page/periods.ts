import type { PastEvent } from "../core/history.ts";
import { rfc3339, type Timestamp } from "../core/units.ts";
import type { ModePeriod, StatusPeriod } from "./model/subject.ts";
import type { SubjectState } from "./state.ts";
import { timeOrNull } from "./text.ts";
import type { Stretch } from "./timeline.ts";

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

/** Returns the part of a timeline since `from`, the oldest first. */
export const statusPeriods = (timeline: readonly Stretch[], from: Timestamp): readonly StatusPeriod[] =>
  timeline
    .filter(({ to }) => to === undefined || to > from)
    .map(({ from: begin, to, status, reason }) => ({
      status,
      from: rfc3339(begin < from ? from : begin),
      to: timeOrNull(to),
      reason: reason ?? null,
    }));
