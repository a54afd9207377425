import type {
  ChartBucket,
  ChartQuery,
  CountQuery,
  EventQuery,
  HistoryWindow,
  Outage,
  OutageQuery,
  PastEvent,
  PastResult,
  ReasonTotal,
  TargetCounts,
  TargetSummary,
  Trend,
  TrendQuery,
} from "../core/history.ts";
import type { FailureFacts } from "./failure.ts";

/** A value as JSON; `null` if it was deleted. */
export type StoredValue = readonly [namespace: string, key: string, json: string | null];

/** The changes of one transaction. */
export interface Batch {
  readonly values: readonly StoredValue[];
  readonly results: readonly PastResult[];
  readonly events: readonly PastEvent[];
  /** When the exporter was last alive, in milliseconds since the epoch. */
  readonly alive: number;
}

/** The limits of history. */
export interface Bounds {
  /** Longest age, in seconds. */
  readonly retention: number;
  /** Largest size of the main file, in bytes, without the WAL. */
  readonly maxSize: number;
}

/** The contents of an opened file. */
export interface StoreContents {
  readonly values: readonly (readonly [namespace: string, key: string, json: string])[];
  /** Number of values whose checksum did not match; they are not among `values`. */
  readonly damaged: number;
  /** When the exporter was last alive, in milliseconds since the epoch; absent in a new file. */
  readonly alive?: number;
  readonly lastEventId: number;
  /** New path of a damaged file that was replaced by a new one. */
  readonly movedAside?: string;
  /** Files that other users can read, and whose permissions cannot be changed. */
  readonly exposed?: readonly string[];
  /** Why the file can be read but not written. */
  readonly unwritable?: FailureFacts;
}

/** The size of the file, for metrics. */
export interface FileFigures {
  /** Size of all its files. */
  readonly bytes: number;
  /** True if the WAL is large enough for a checkpoint. */
  readonly needsCheckpoint: boolean;
  /** Number of results in the file. */
  readonly results: number;
}

/** The calls of both workers, with their requests and answers. */
export interface Calls {
  open: { request: Bounds; answer: StoreContents };
  bounds: { request: Bounds; answer: null };
  write: { request: Batch; answer: FileFigures };
  /** Checks the file for damage. A damaged file is moved aside, and the call fails with `corrupt`. */
  examine: { request: null; answer: null };
  close: { request: null; answer: null };
  checkpoint: { request: null; answer: null };
  summaries: { request: HistoryWindow; answer: readonly TargetSummary[] };
  outages: { request: OutageQuery; answer: readonly Outage[] };
  chart: { request: ChartQuery; answer: readonly ChartBucket[] };
  trends: { request: TrendQuery; answer: readonly Trend[] };
  counts: { request: CountQuery; answer: readonly TargetCounts[] };
  reasons: { request: HistoryWindow & { readonly target: string }; answer: readonly ReasonTotal[] };
  events: { request: EventQuery; answer: readonly PastEvent[] };
}

/** One request. Its reply has the same id. */
export interface WorkerRequest<Call extends keyof Calls = keyof Calls> {
  readonly id: number;
  readonly call: Call;
  readonly request: Calls[Call]["request"];
}

/** The reply to a request. */
export type WorkerReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: FailureFacts };

/** The `workerData` of a worker. */
export interface WorkerSetup {
  readonly role: "writer" | "reader";
  readonly path: string;
}
