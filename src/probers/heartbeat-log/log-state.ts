import { createHash } from "node:crypto";
import type { FieldValue } from "./flatten.ts";
import { isFields } from "./json.ts";
import type { ScanState } from "./scanner.ts";
import { type LogCounts, noCounts, PARSE_FAILURES, type Sequence } from "./tally.ts";

/** The first bytes of a file, or those before the offset of what is fetched: by them it is known again when it was truncated and grew anew. */
export interface Fingerprint {
  readonly length: number;
  readonly hash: string;
}

/** The hash of a fingerprint: it tells files apart and hides nothing. */
export const hashOf = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");

/** How far one file was read. */
export interface Position {
  /** Device and inode; the redacted address of a log that is fetched. */
  readonly id: string;
  /** Where the first line begins that was not read to its end. */
  readonly offset: number;
  readonly fingerprint: Fingerprint;
  /** That line is too long, and its rest is to be skipped. */
  readonly skipping: boolean;
  /** What the server called the content that was fetched last. */
  readonly etag?: string;
}

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

/** All that is remembered of one log, as plain JSON. */
export interface LogState {
  /** The oldest first: files that were rotated away and are not read to their end, and the log itself. */
  readonly positions: readonly Position[];
  readonly carry: Omit<ScanState, "skipping">;
  readonly counts: LogCounts;
  readonly rotations: { readonly rename: number; readonly truncate: number };
  readonly sequence: Sequence;
  readonly last?: LastHeartbeat;
  /** When it was last looked at, in Unix seconds: what was not for the longest is forgotten first. */
  readonly lookedAt: number;
}

export const newLogState = (): LogState => ({
  positions: [],
  carry: { pieces: {} },
  counts: noCounts(),
  rotations: { rename: 0, truncate: 0 },
  sequence: {},
  lookedAt: 0,
});

/** What was remembered, if it is whole: another version may have written it. */
export function readLogState(value: unknown): LogState | undefined {
  if (!isFields(value) || !Array.isArray(value["positions"])) return undefined;
  const { carry, counts, rotations, sequence, last, lookedAt } = value;
  const good =
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
    Number.isFinite(lookedAt);
  return good ? (value as unknown as LogState) : undefined;
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
