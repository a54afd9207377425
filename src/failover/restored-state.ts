import { defined } from "../core/defined.ts";
import { MODES } from "../core/status.ts";
import { elapsed, type Seconds, type Timestamp, timestamp } from "../core/units.ts";
import type { FailoverState } from "./machine.ts";

/** After how many intervals without a probe nobody knows any more whether a target is healthy. */
const STALE_AFTER = 3;

const HEALTHS = ["unknown", "healthy", "unhealthy"] as const;

/**
 * A state that was kept over a restart. Mode, streaks and counts are what they were. A target that was healthy, and has not
 * been probed for longer than a few of its intervals since, is unknown until it is: its next success makes it healthy again.
 * @returns `undefined` when `value` is no state
 */
export function restoredState(value: unknown, interval: Seconds, now: Timestamp): FailoverState | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Readonly<Record<string, unknown>>;
  const health = HEALTHS.find((known) => known === raw["health"]);
  const mode = MODES.find((known) => known === raw["mode"]);
  const modeSince = time(raw["modeSince"]);
  const counts = [
    "consecutiveFailures",
    "consecutiveSuccesses",
    "against",
    "triggered",
    "recovered",
  ] as const;
  const [consecutiveFailures, consecutiveSuccesses, against, triggered, recovered] = counts.map((name) =>
    count(raw[name]),
  );
  const forced = forceOf(raw["forced"]);
  if (
    forced === undefined ||
    health === undefined ||
    mode === undefined ||
    modeSince === undefined ||
    consecutiveFailures === undefined ||
    consecutiveSuccesses === undefined ||
    against === undefined ||
    triggered === undefined ||
    recovered === undefined
  ) {
    return undefined;
  }
  const { overdue, modelAvailable } = raw;
  const [lastProbeAt, lastSuccessAt] = [time(raw["lastProbeAt"]), time(raw["lastSuccessAt"])];
  const stale = lastProbeAt === undefined || elapsed(lastProbeAt, now) > STALE_AFTER * interval;
  return {
    health: stale && health === "healthy" ? "unknown" : health,
    mode,
    modeSince,
    ...forced,
    consecutiveFailures,
    consecutiveSuccesses,
    against,
    triggered,
    recovered,
    overdue: overdue === true,
    ...(typeof modelAvailable === "boolean" ? { modelAvailable } : {}),
    // Results are numbered anew by each process.
    lastResultId: 0,
    ...defined({ lastProbeAt, lastSuccessAt }),
  };
}

/** `undefined` when `value` is none: a force must not last because its end was lost. */
function forceOf(value: unknown): Pick<FailoverState, "forced"> | undefined {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) return undefined;
  if (!("until" in value)) return { forced: {} };
  const until = time(value.until);
  return until === undefined ? undefined : { forced: { until } };
}

const time = (value: unknown): Timestamp | undefined =>
  typeof value === "number" && Number.isFinite(value) ? timestamp(value) : undefined;

const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
