import type { DatabaseSync } from "node:sqlite";
import type { HistoryWindow } from "../../core/history.ts";
import { FAILURE_REASONS, type FailureReason } from "../../core/reasons.ts";
import { type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** A row as returned by node:sqlite. */
export type Row = Readonly<Record<string, unknown>>;

// Conversions of the file's units; see `migrations.ts`.
/** Converts a stored time. */
export const timeOf = (milliseconds: unknown): Timestamp => timestamp(Number(milliseconds) / 1000);
/** Converts a stored duration. */
export const durationOf = (microseconds: unknown): Seconds => seconds(Number(microseconds) / 1e6);
/** Converts a stored amount. */
export const dollarsOf = (billionths: unknown): number => Number(billionths) / 1e9;
/** Converts a time to its stored form. */
export const toFileTime = (at: Timestamp): number => Math.round(at * 1000);

/** Converts a stored reason. One that only another version knows becomes `internal`. */
export const reasonOf = (text: unknown): FailureReason =>
  FAILURE_REASONS.find((reason) => reason === text) ?? "internal";

/** Builds a condition on `results` for a window, with its parameters. */
export function within({ from, to, target }: HistoryWindow): {
  where: string;
  values: Record<string, string | number>;
} {
  const values = { from: toFileTime(from), to: toFileTime(to) };
  const where = "results.started >= :from and results.started < :to";
  return target === undefined
    ? { where, values }
    : {
        where: `results.target in (select id from targets where target = :target) and ${where}`,
        values: { ...values, target },
      };
}

/** Milliseconds of an hour, and hours of a day: the units of totals. */
export const HOUR_MS = 3_600_000;
export const DAY_HOURS = 24;

/** Returns the ids of targets by name: one for each module that a target has had. */
export function idsByTarget(
  db: DatabaseSync,
  targets: readonly string[],
): ReadonlyMap<string, readonly number[]> {
  const ids = new Map<string, number[]>();
  const rows = db
    .prepare("select id, target from targets where target in (select value from json_each(?))")
    .all(JSON.stringify(targets));
  for (const { id, target } of rows) {
    const known = ids.get(String(target));
    if (known === undefined) ids.set(String(target), [Number(id)]);
    else known.push(Number(id));
  }
  return ids;
}
