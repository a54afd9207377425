import type { ExpositionFormat } from "../core/exposition-format.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, type Timestamp } from "../core/units.ts";
import { createExposition } from "./exposition.ts";
import { familyParts } from "./families.ts";
import { type Exemplar, type LineWriter, writerOf } from "./format.ts";
import { beatSamples } from "./heartbeats.ts";
import { resultParts, resultSamples, skipSamples } from "./results.ts";
import { type TallyRow, tallyParts } from "./tally-text.ts";
import {
  BUDGET_FAMILIES,
  CONFIGURED_FAMILIES,
  hasState,
  MAINTENANCE_FAMILIES,
  STATE_FAMILIES,
  type TargetRow,
  type TargetSnapshot,
  targetRow,
} from "./targets.ts";

/** Renders the response to `/probe`: one result, without labels for its target, or the reason why there is none. */
export function resultText(shown: AgedResult | Skip, format?: ExpositionFormat): string {
  const exposition = createExposition();
  let exemplar: Exemplar | undefined;
  if ("result" in shown) {
    const { result, age } = shown;
    exposition.add(resultSamples(result, age));
    for (const beat of result.beats ?? []) exposition.add(beatSamples(beat, after(result.endedAt, age)));
    // Other results are restored, or stand for a missing one.
    if (result.id > 0) exemplar = { traceId: result.id, value: 1, at: result.endedAt };
  }
  exposition.add(skipSamples("result" in shown ? shown.skipped : shown));
  return exposition.text(format, exemplar) + writerOf(format).end;
}

/** All targets for a page. */
export interface TargetsPart {
  readonly targets: readonly TargetSnapshot[];
  readonly now: Timestamp;
  /** Returns the recent results of a target whose logs are kept, newest first. */
  readonly recent: (target: Target) => readonly Result[];
}

/** Number of targets whose rows are made between two parts. */
const PER_PART = 20;

/**
 * Renders the section of `/metrics` about configured targets in parts, metric by metric. Heartbeats that they read are in the
 * section of heartbeats.
 */
export function* targetParts({ targets, now, recent }: TargetsPart, writer: LineWriter): Generator<string> {
  const rows: TargetRow[] = [];
  const tallies: TallyRow[] = [];
  for (const snapshot of targets) {
    const row = targetRow(snapshot, now);
    const { target, tally } = snapshot;
    rows.push(row);
    if (tally !== undefined) tallies.push({ labels: row.labels, tally, recent: recent(target) });
    if (rows.length % PER_PART === 0) yield "";
  }
  yield* resultParts(rows, writer);
  yield* familyParts(BUDGET_FAMILIES, rows, writer);
  yield* familyParts(STATE_FAMILIES, rows.filter(hasState), writer);
  yield* familyParts(CONFIGURED_FAMILIES, rows, writer);
  yield* tallyParts(tallies, writer);
  yield* familyParts(MAINTENANCE_FAMILIES, rows, writer);
}
