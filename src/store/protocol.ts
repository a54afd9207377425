import type {
  ChartBucket,
  ChartQuery,
  EventQuery,
  HistoryWindow,
  Outage,
  OutageQuery,
  PastEvent,
  PastResult,
  TargetSummary,
} from "../core/history.ts";
import type { FailureFacts } from "./failure.ts";

/** A value of a shelf as JSON; `null` where it was deleted. */
export type StoredValue = readonly [shelf: string, key: string, json: string | null];

/** What is written in one transaction. */
export interface Batch {
  readonly values: readonly StoredValue[];
  readonly results: readonly PastResult[];
  readonly events: readonly PastEvent[];
  /** Milliseconds since the epoch: until when somebody was there. */
  readonly alive: number;
}

/** How much history is kept. */
export interface Bounds {
  /** Seconds. */
  readonly retention: number;
  /** Bytes of the file, without its log. */
  readonly maxSize: number;
}

/** What an opened file holds. */
export interface StoreContents {
  readonly values: readonly (readonly [shelf: string, key: string, json: string])[];
  /** Values that were not what had been written, and are left out. */
  readonly damaged: number;
  /** Milliseconds since the epoch; absent in a new file. */
  readonly alive?: number;
  readonly lastEventId: number;
  /** Where a damaged file was put, for which a new one was begun. */
  readonly setAside?: string;
  /** Why nothing can be written: the rest was read all the same. */
  readonly unwritable?: FailureFacts;
}

/** The file as metrics show it. */
export interface FileFigures {
  readonly bytes: number;
  /** Whether the log is long enough to be written back. */
  readonly longLog: boolean;
  /** Results in it. */
  readonly results: number;
}

/** What workers are asked for, and what they answer: the one list of both sides. */
export interface Calls {
  open: { request: Bounds; answer: StoreContents };
  bounds: { request: Bounds; answer: null };
  write: { request: Batch; answer: FileFigures };
  /** Whether the file is damaged; fails with `corrupt` when it is, and it was put aside. */
  examine: { request: null; answer: null };
  close: { request: null; answer: null };
  writeLogBack: { request: null; answer: null };
  summaries: { request: HistoryWindow; answer: readonly TargetSummary[] };
  outages: { request: OutageQuery; answer: readonly Outage[] };
  chart: { request: ChartQuery; answer: readonly ChartBucket[] };
  events: { request: EventQuery; answer: readonly PastEvent[] };
}

/** One request, with the number that its answer carries. */
export interface WorkerRequest<Call extends keyof Calls = keyof Calls> {
  readonly id: number;
  readonly call: Call;
  readonly request: Calls[Call]["request"];
}

export type WorkerReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: FailureFacts };

/** What a worker is told at its start. */
export interface WorkerSetup {
  readonly role: "writer" | "reader";
  readonly path: string;
}
