import type { StateStore } from "../../core/memory.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";

/** Values of the label `result`. */
export const ACTION_RESULTS = ["success", "failure", "timeout", "dry_run", "refused"] as const;
export type ActionResult = (typeof ACTION_RESULTS)[number];

/** One entry of the audit: what was done about an alert, or why nothing was. */
export interface AuditEntry {
  /** Its place among all there ever were. */
  readonly number: number;
  readonly action: string;
  readonly target: string;
  readonly at: Timestamp;
  readonly result: ActionResult;
  /** Why it was refused, or how it ended, in a few words. */
  readonly detail: string;
  /** Which attempt of how many; only of what was attempted. */
  readonly attempt?: number;
  readonly durationSeconds?: number;
  /** Whether the target was healthy after it; absent until it is known, and where it cannot be. */
  readonly helped?: boolean;
  /** What the program or the server said. */
  readonly output?: string;
}

/** What was done, the newest so many. */
export interface Audit {
  add(entry: Omit<AuditEntry, "number">): number;
  /** Adds what became known later. */
  amend(number: number, more: Pick<AuditEntry, "helped">): void;
  /** The newest first. */
  list(): readonly AuditEntry[];
  find(number: number): AuditEntry | undefined;
}

const MOST = 200;

/** @param shelf its own, and nobody else's */
export function createAudit(shelf: StateStore): Audit {
  let entries: AuditEntry[] = [];
  for (const [key, value] of shelf.entries()) {
    const entry = readEntry(value);
    if (entry === undefined) shelf.delete(key);
    else entries.push(entry);
  }
  entries.sort((a, b) => a.number - b.number);
  return {
    add(given) {
      const entry = { ...given, number: (entries.at(-1)?.number ?? 0) + 1 };
      entries.push(entry);
      shelf.put(String(entry.number), entry);
      const excess = entries.slice(0, Math.max(0, entries.length - MOST));
      for (const { number } of excess) shelf.delete(String(number));
      entries = entries.slice(excess.length);
      return entry.number;
    },
    amend(number, more) {
      entries = entries.map((entry) => {
        if (entry.number !== number) return entry;
        const amended = { ...entry, ...more };
        shelf.put(String(number), amended);
        return amended;
      });
    },
    list: () => entries.toReversed(),
    find: (number) => entries.find((entry) => entry.number === number),
  };
}

function readEntry(value: unknown): AuditEntry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const one = value as Partial<Record<keyof AuditEntry, unknown>>;
  const result = ACTION_RESULTS.find((known) => known === one.result);
  const { number, action, target, at, detail } = one;
  if (result === undefined || typeof number !== "number" || typeof at !== "number") return undefined;
  if (typeof action !== "string" || typeof target !== "string" || typeof detail !== "string")
    return undefined;
  return { ...(value as AuditEntry), at: timestamp(at), result };
}
