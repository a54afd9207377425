import type { HistoryWindow } from "../../core/history.ts";
import { FAILURE_REASONS, type FailureReason } from "../../core/reasons.ts";
import { type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** One row as node:sqlite hands it out. */
export type Row = Readonly<Record<string, unknown>>;

/** From the units of the file; see `migrations.ts`. */
export const timeOf = (milliseconds: unknown): Timestamp => timestamp(Number(milliseconds) / 1000);
export const lengthOf = (microseconds: unknown): Seconds => seconds(Number(microseconds) / 1e6);
export const dollarsOf = (billionths: unknown): number => Number(billionths) / 1e9;
export const toFileTime = (at: Timestamp): number => Math.round(at * 1000);

/** A reason that this version does not know was written by another one. */
export const reasonOf = (text: unknown): FailureReason =>
  FAILURE_REASONS.find((reason) => reason === text) ?? "internal";

/** A condition on `results`, and its parameters. */
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
