import { createHash } from "node:crypto";
import type { FieldValue } from "./flatten.ts";
import { isFields } from "./json.ts";
import type { ScanState } from "./scanner.ts";
import { type LogCounts, noCounts, PARSE_FAILURES, type Sequence } from "./tally.ts";

/**
 * Identifies the content of a log, to detect that it was truncated and has grown again: by the first bytes of a file, or the
 * bytes before the offset in a remote log.
 */
export interface Fingerprint {
  readonly length: number;
  readonly hash: string;
}

/** Hashes the bytes of a fingerprint, not for security. */
export const hashOf = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");

/** The place at which reading a file stopped. */
export interface Position {
  /** Device and inode, or the redacted address of a remote log. */
  readonly id: string;
  /** The beginning of the first line that was not read completely. */
  readonly offset: number;
  readonly fingerprint: Fingerprint;
  /** True if that line is too long, so that the rest of it will be skipped. */
  readonly skipping: boolean;
  /** The server's `ETag` of the content that was fetched last. */
  readonly etag?: string;
}

/** Returns the position from which a file is read for the first time. */
export const newPosition = (id: string, offset = 0): Position => ({
  id,
  offset,
  fingerprint: { length: 0, hash: "" },
  skipping: false,
});

/** The last heartbeat of a log. */
export interface LastHeartbeat {
  /** Unix seconds; never later than when it was read. */
  readonly at: number;
  readonly values: Readonly<Record<string, FieldValue>>;
}

/** The stored state of one log, as plain JSON. */
export interface LogState {
  /** The rotated files that are not read completely, the oldest first, and then the log itself. */
  readonly positions: readonly Position[];
  readonly carry: Omit<ScanState, "skipping">;
  readonly counts: LogCounts;
  readonly rotations: { readonly rename: number; readonly truncate: number };
  readonly sequence: Sequence;
  readonly last?: LastHeartbeat;
  /** Unix seconds before which the end of the log was reached: what was not read by then was written later. */
  readonly caughtUpAt?: number;
  /** Time of the last probe in Unix seconds, by which the oldest states are evicted. */
  readonly lookedAt: number;
}

/** Returns the state of a log that was never read. */
export const newLogState = (): LogState => ({
  positions: [],
  carry: { pieces: {} },
  counts: noCounts(),
  rotations: { rename: 0, truncate: 0 },
  sequence: {},
  lookedAt: 0,
});

/** Validates a stored state, which another version may have written; returns `undefined` if it is malformed. */
export function readLogState(value: unknown): LogState | undefined {
  if (!isFields(value) || !Array.isArray(value["positions"])) return undefined;
  const { carry, counts, rotations, sequence, last, caughtUpAt, lookedAt } = value;
  const isValid =
    value["positions"].every(isPosition) &&
    isFields(carry) &&
    isFields(carry["pieces"]) &&
    Object.values(carry["pieces"]).every((piece) => piece === null || typeof piece === "string") &&
    isFields(counts) &&
    [counts["lines"], counts["heartbeats"], counts["missed"], counts["restarts"]].every(isCount) &&
    isCount(counts["failuresSince"]) &&
    haveCounts(counts["failures"], PARSE_FAILURES) &&
    haveCounts(rotations, ["rename", "truncate"]) &&
    isFields(sequence) &&
    Object.values(sequence).every(Number.isFinite) &&
    (last === undefined || (isFields(last) && Number.isFinite(last["at"]) && isFields(last["values"]))) &&
    (caughtUpAt === undefined || Number.isFinite(caughtUpAt)) &&
    Number.isFinite(lookedAt);
  return isValid ? (value as unknown as LogState) : undefined;
}

const isPosition = (value: unknown): boolean =>
  isFields(value) &&
  typeof value["id"] === "string" &&
  isCount(value["offset"]) &&
  typeof value["skipping"] === "boolean" &&
  (value["etag"] === undefined || typeof value["etag"] === "string") &&
  isFields(value["fingerprint"]) &&
  isCount(value["fingerprint"]["length"]) &&
  typeof value["fingerprint"]["hash"] === "string";

const haveCounts = (value: unknown, names: readonly string[]): boolean =>
  isFields(value) && names.every((name) => isCount(value[name]));

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
