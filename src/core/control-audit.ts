import { excerpt } from "./excerpt.ts";
import { isObject } from "./json-object.ts";
import type { StateStore } from "./memory.ts";
import { isTimestamp, type Timestamp } from "./units.ts";

/** A request to a control route that had the right token. */
export interface ControlEntry {
  readonly at: Timestamp;
  readonly method: string;
  /** Without the route prefix, with its query. */
  readonly path: string;
  /** The status of the answer. */
  readonly status: number;
  /** Address of the client. */
  readonly from?: string;
}

/** The audit log of operators' actions. It survives restarts. */
export interface ControlAudit {
  record(entry: ControlEntry): void;
  /** Returns the newest first. */
  list(): readonly ControlEntry[];
}

/** Most requests that are remembered. */
const MOST = 200;

/** Longest path that is remembered, in UTF-16 code units. */
const LONGEST_PATH = 300;

/**
 * Restores the audit of the previous run.
 * @param onRecord called after each request, which may have changed what people see
 */
export function createControlAudit(store: StateStore, onRecord: () => void): ControlAudit {
  let entries = readStored(store.get("entries"));
  return {
    record(entry) {
      entries = [{ ...entry, path: excerpt(entry.path, [], LONGEST_PATH) }, ...entries].slice(0, MOST);
      store.put("entries", entries);
      onRecord();
    },
    list: () => entries,
  };
}

function readStored(value: unknown): readonly ControlEntry[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown): readonly ControlEntry[] => {
    if (!isObject(one)) return [];
    const { at, method, path, status, from } = one;
    if (!isTimestamp(at) || typeof method !== "string") return [];
    if (typeof path !== "string" || typeof status !== "number") return [];
    return [{ at, method, path, status, ...(typeof from === "string" ? { from } : {}) }];
  });
}
