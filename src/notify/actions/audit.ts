import type { StateStore } from "../../core/memory.ts";
import { isTimestamp, type Timestamp } from "../../core/units.ts";

/** Results of an action; the values of the label `result`. */
export const ACTION_RESULTS = ["success", "failure", "timeout", "dry_run", "refused"] as const;
export type ActionResult = (typeof ACTION_RESULTS)[number];

/** One audit entry: an attempt, or the refusal of one. */
export interface AuditEntry {
  /** Sequence number, which rises with every entry and across restarts. */
  readonly number: number;
  readonly action: string;
  readonly target: string;
  readonly at: Timestamp;
  readonly result: ActionResult;
  /** The reason of a refusal, or how the attempt ended, such as `exit code 1`. */
  readonly detail: string;
  /** Number of the attempt since the last reset; absent for refusals and dry runs. */
  readonly attempt?: number;
  readonly durationSeconds?: number;
  /** Whether the target was healthy afterwards; absent until that is verified, and if it cannot be. */
  readonly helped?: boolean;
  /** Output of the program, or body of the response. */
  readonly output?: string;
}

/** The most recent attempts and refusals of all actions. */
export interface Audit {
  /** Adds an entry; returns its number. */
  add(entry: Omit<AuditEntry, "number">): number;
  /** Adds to an entry what was found out later. */
  amend(number: number, more: Pick<AuditEntry, "helped">): void;
  /** Returns all entries, newest first. */
  list(): readonly AuditEntry[];
  find(number: number): AuditEntry | undefined;
}

const MAX_ENTRIES = 200;

/**
 * Restores the audit of the previous run.
 * @param store used for nothing else
 */
export function createAudit(store: StateStore): Audit {
  let entries: AuditEntry[] = [];
  for (const [key, value] of store.entries()) {
    const entry = readEntry(value);
    if (entry === undefined) store.delete(key);
    else entries.push(entry);
  }
  entries.sort((a, b) => a.number - b.number);
  return {
    add(given) {
      const entry = { ...given, number: (entries.at(-1)?.number ?? 0) + 1 };
      entries.push(entry);
      store.put(String(entry.number), entry);
      const excess = entries.slice(0, Math.max(0, entries.length - MAX_ENTRIES));
      for (const { number } of excess) store.delete(String(number));
      entries = entries.slice(excess.length);
      return entry.number;
    },
    amend(number, more) {
      entries = entries.map((entry) => {
        if (entry.number !== number) return entry;
        const amended = { ...entry, ...more };
        store.put(String(number), amended);
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
  if (result === undefined || typeof number !== "number" || !isTimestamp(at)) return undefined;
  if (typeof action !== "string" || typeof target !== "string" || typeof detail !== "string")
    return undefined;
  return { ...(value as AuditEntry), at, result };
}
