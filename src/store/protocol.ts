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
  /** True if `values` are all that there are, so that any other value in the file is deleted. */
  readonly isComplete: boolean;
}

/**
 * What opening does with the contents of the file. `load` reads them, at the start of the exporter. `overwrite` knows them: the
 * values in memory are newer. `displace` moves a file aside that has any, because the exporter started without reading it.
 */
export type OpenMode = "load" | "overwrite" | "displace";

/** A request to open the file. */
export interface OpenRequest {
  readonly bounds: Bounds;
  readonly mode: OpenMode;
}

/** A time span, in milliseconds since the epoch, whose changes are not in the file although they were written. */
export interface LostSpan {
  /** Absent if the file is new. */
  readonly from?: number;
  readonly to: number;
}

/**
 * Ways in which the open files of a store are no longer those at its path. SQLite does not notice any of them: it writes to files
 * that nothing will ever read.
 */
export type Loss = "removed" | "replaced" | "truncated" | "log_removed" | "log_truncated";

/** The outcome of mending. */
export interface Mending {
  readonly loss: Loss;
  /** True if the history before the loss could be saved. State is in memory, and needs no saving. */
  readonly historySaved: boolean;
  /** New path of what was found at the path of the store. */
  readonly movedAside?: string;
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
  /** New path of a file that was not read at the start. */
  readonly displaced?: string;
  /** True if the file was created. */
  readonly isNew: boolean;
  /** The file is older than when it was last written. */
  readonly lostSpan?: LostSpan;
  /** The files that were open were no longer those at the path. */
  readonly mending?: Mending;
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
  open: { request: OpenRequest; answer: StoreContents };
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
