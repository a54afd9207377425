import type { Clock } from "../../core/clock.ts";
import type { Memory } from "../../core/memory.ts";
import type { Presence } from "../../core/presence.ts";
import { after, isTimestamp, seconds, type Timestamp } from "../../core/units.ts";
import type { Absence } from "../../page/absences.ts";

/** Shortest absence that is remembered. */
const SHORTEST = seconds(10);

/** Most absences that are remembered: an exporter that restarts every three hours for 90 days. */
const MOST = 720;

interface AbsenceParts {
  readonly clock: Clock;
  readonly memory: Memory;
  readonly presence: Pick<Presence, "onGap">;
}

/** Remembers over restarts when the exporter did not run. Its downtime is nothing that its targets did. */
export function createAbsences({ clock, memory, presence }: AbsenceParts): () => readonly Absence[] {
  const store = memory.namespace("page/absences");
  let absences = readStored(store.get("absences"));
  const add = (from: Timestamp, to: Timestamp): void => {
    if (to - from < SHORTEST) return;
    absences = [...absences, { from, to }].slice(-MOST);
    store.put("absences", absences);
  };
  const now = clock.now();
  add(after(now, seconds(-memory.downFor)), now);
  presence.onGap(({ absence, jump }) => {
    const end = clock.now();
    add(after(end, seconds(-(absence + Math.max(0, jump)))), end);
  });
  return () => absences;
}

function readStored(value: unknown): readonly Absence[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown): readonly Absence[] => {
    if (typeof one !== "object" || one === null || !("from" in one) || !("to" in one)) return [];
    const { from, to } = one;
    return isTimestamp(from) && isTimestamp(to) ? [{ from, to }] : [];
  });
}
