import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import { rfc3339, timestamp } from "../core/units.ts";
import { STORE_FAILURES, StoreError, type StoreFailure } from "./failure.ts";
import type { LostSpan, Mending } from "./protocol.ts";

/** Whether the file can be written, with failure counts. Logs changes, not every attempt. */
export interface StoreHealth {
  /** Returns true unless the last attempt failed. */
  up(): boolean;
  /** Returns why the last attempt failed; `undefined` if it succeeded. */
  failing(): StoreFailure | undefined;
  /** Returns true if the last attempt failed because another exporter uses the file. */
  isInUse(): boolean;
  failures(): Readonly<Record<StoreFailure, number>>;
  /** Counts a failed attempt; returns its error as a StoreError. */
  fail(error: unknown): StoreError;
  /** Counts a damaged file that was replaced by a new one. */
  replaced(movedTo: string): void;
  /** Counts a loss of files that were open, which is being mended. */
  lose(error: StoreError): void;
  /** Notes the outcome of mending, which is reported with the next success. */
  mended(mending: Mending): void;
  /** Counts a file that is older than when it was last written. */
  fellBehind(span: LostSpan): void;
  succeed(): void;
}

/** Creates the health of a file that has not been written yet. */
export function createStoreHealth(path: string, log: Log): StoreHealth {
  const failures = Object.fromEntries(STORE_FAILURES.map((failure) => [failure, 0])) as Record<
    StoreFailure,
    number
  >;
  let failing: StoreFailure | undefined;
  let isInUse = false;
  /** Mending whose values have not been written yet. */
  let mending: Mending | undefined;
  return {
    up: () => failing === undefined,
    failing: () => failing,
    isInUse: () => isInUse,
    failures: () => ({ ...failures }),
    fail(thrown) {
      const error = thrown instanceof StoreError ? thrown : unexpected(thrown);
      const { failure, message, inUse } = error;
      failures[failure] += 1;
      if (failing !== failure) {
        const text = "the store cannot be written; state is kept in memory only";
        log.error({ path, reason: failure, detail: message }, text);
      }
      failing = failure;
      isInUse = inUse;
      return error;
    },
    replaced(movedTo) {
      failures.corrupt += 1;
      log.error(
        { path, moved_to: movedTo },
        "the store was damaged; it was moved aside and a new one created",
      );
    },
    lose({ message }) {
      failures.lost += 1;
      // A loss while it cannot be mended is the same one.
      if (failing !== undefined) return;
      log.error({ path, detail: message }, "the store was lost; it is being made again from memory");
    },
    mended(outcome) {
      mending = outcome;
    },
    fellBehind({ from, to }) {
      failures.lost += 1;
      const since = from === undefined ? "everything" : rfc3339(timestamp(from / 1000));
      log.error(
        { path, from: since, to: rfc3339(timestamp(to / 1000)) },
        "the store was changed while no exporter ran; what was written in between is lost",
      );
    },
    succeed() {
      if (mending !== undefined) reportMending(path, log, mending);
      else if (failing !== undefined) log.info({ path }, "the store can be written again");
      mending = undefined;
      failing = undefined;
      isInUse = false;
    },
  };
}

function reportMending(path: string, log: Log, { historySaved, movedAside }: Mending): void {
  const fields = { path, ...defined({ moved_to: movedAside }) };
  if (historySaved) log.info(fields, "the store was made again, with all of its history");
  else log.error(fields, "the store was made again from memory; results and events before the loss are lost");
}

const unexpected = (thrown: unknown): StoreError =>
  new StoreError({ failure: "io", message: String(thrown) }, { cause: thrown });
