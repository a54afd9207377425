import type { TargetStatus } from "../core/status.ts";
import { truncateWithDots } from "../core/truncate.ts";
import type { Timestamp } from "../core/units.ts";
import { STATUSES_BY_SEVERITY, type StatusCounts } from "./model/words.ts";
import type { SubjectEntry, SubjectState } from "./state.ts";
import { ago, lineOrNull } from "./text.ts";

/** Most subjects that a sentence names. */
export const MOST_NAMED = 3;

/** Longest name and reason in a sentence. */
const LONGEST_NAME = 60;
const LONGEST_REASON = 80;

/** Counts subjects by status. */
export function countByStatus(subjects: Iterable<{ readonly status: TargetStatus }>): StatusCounts {
  const counts = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 };
  for (const { status } of subjects) counts[status] += 1;
  return counts;
}

/** Returns the worst status that is counted; `unknown` if nothing is. */
export const worstOf = (counts: StatusCounts): TargetStatus =>
  STATUSES_BY_SEVERITY.find((status) => counts[status] > 0) ?? "unknown";

/** Orders by name. */
export const byName = ({ name: a }: SubjectEntry, { name: b }: SubjectEntry): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** Orders the worst first, then by name. */
export const bySeverity = (a: SubjectEntry, b: SubjectEntry): number =>
  STATUSES_BY_SEVERITY.indexOf(a.status) - STATUSES_BY_SEVERITY.indexOf(b.status) || byName(a, b);

const WORDS: Readonly<Record<TargetStatus, string>> = {
  unhealthy: "down",
  degraded: "degraded",
  unknown: "unknown",
  healthy: "up",
};

/** Returns the word of a status in sentences: `down` for `unhealthy`, `up` for `healthy`. */
export const wordOf = (status: TargetStatus): string => WORDS[status];

/**
 * Says the state of everything in one sentence: `2 of 14 are down: gpt (auth: HTTP 401, 12m), shop (http_status: 503, 3m)`.
 * @param worst the states of the worst, in their order; those with the worst status are named
 */
export function summaryOf(counts: StatusCounts, worst: readonly SubjectState[], now: Timestamp): string {
  const total = counts.healthy + counts.degraded + counts.unhealthy + counts.unknown;
  if (total === 0) return "Nothing is configured yet";
  const bad = STATUSES_BY_SEVERITY.filter((status) => status !== "healthy" && counts[status] > 0);
  const [first] = bad;
  if (first === undefined) return total === 1 ? "It is up" : `All ${total} are up`;
  const named = worst.filter(({ status }) => status === first).slice(0, MOST_NAMED);
  const more = counts[first] - named.length;
  const names = named.map((state) => nameWithReason(state, now)).join(", ");
  const others = bad.slice(1).map((status) => `${counts[status]} ${wordOf(status)}`);
  const rest = others.length === 0 ? "" : `; ${others.join(", ")}`;
  const verb = counts[first] === 1 ? "is" : "are";
  return `${counts[first]} of ${total} ${verb} ${wordOf(first)}: ${names}${more > 0 ? ` and ${more} more` : ""}${rest}`;
}

function nameWithReason(
  { name, reason, detail, since, maintenance, blockedBy }: SubjectState,
  now: Timestamp,
): string {
  const said = [reason, detail].filter((part) => part !== undefined && part !== "").join(": ");
  const parts = [
    blockedBy === undefined ? lineOrNull(said, LONGEST_REASON) : `because ${blockedBy} is down`,
    since === undefined ? null : ago(since, now),
    maintenance ? "in maintenance" : null,
  ].filter((part) => part !== null);
  const shown = truncateWithDots(lineOrNull(name, LONGEST_NAME) ?? "", LONGEST_NAME + 3);
  return parts.length === 0 ? shown : `${shown} (${parts.join(", ")})`;
}
