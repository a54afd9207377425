import { defined } from "../core/defined.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import { MODES } from "../core/status.ts";
import { elapsed, isTimestamp, type Timestamp } from "../core/units.ts";
import type { FailoverPolicy, FailoverState } from "./machine.ts";

/** Number of intervals without a probe after which a healthy target becomes unknown. */
const STALE_AFTER = 3;

const HEALTHS = ["unknown", "healthy", "unhealthy"] as const;

/**
 * Restores a state from the store. Mode, streaks and counts are restored as they were. A healthy target whose last probe is
 * more than three intervals ago becomes unknown; its next success makes it healthy again. A success of a version that did not
 * store with which configuration it came is taken for one of the present configuration.
 * @returns `undefined` if `value` is not a valid state
 */
export function restoredState(
  value: unknown,
  { interval, configuration }: Pick<FailoverPolicy, "interval" | "configuration">,
  now: Timestamp,
): FailoverState | undefined {
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
  const lastHeldAt = time(raw["lastHeldAt"]);
  const lastFailure = failureOf(raw["lastFailure"]);
  const provenConfiguration =
    text(raw["provenConfiguration"]) ?? (lastSuccessAt === undefined ? undefined : configuration);
  const reportedConfiguration = text(raw["reportedConfiguration"]);
  const isStale = lastProbeAt === undefined || elapsed(lastProbeAt, now) > STALE_AFTER * interval;
  return {
    health: isStale && health === "healthy" ? "unknown" : health,
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
    // Each process numbers its results from 1.
    lastResultId: 0,
    ...defined({ lastProbeAt, lastSuccessAt, lastFailure, lastHeldAt }),
    ...defined({ provenConfiguration, reportedConfiguration }),
  };
}

/** Parses a forced mode. Returns `undefined` if it is invalid, because a force whose end was lost must not last for ever. */
function forceOf(value: unknown): Pick<FailoverState, "forced"> | undefined {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) return undefined;
  if (!("until" in value)) return { forced: {} };
  const until = time(value.until);
  return until === undefined ? undefined : { forced: { until } };
}

/** Parses the last failure. Returns `undefined` if it is invalid, or has a reason that this version does not know. */
function failureOf(value: unknown): FailoverState["lastFailure"] {
  if (typeof value !== "object" || value === null || !("at" in value && "reason" in value)) return undefined;
  const at = time(value.at);
  const reason = FAILURE_REASONS.find((known) => known === value.reason);
  return at === undefined || reason === undefined ? undefined : { at, reason };
}

const time = (value: unknown): Timestamp | undefined => (isTimestamp(value) ? value : undefined);

const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
