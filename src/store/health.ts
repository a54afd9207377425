import type { Log } from "../core/log.ts";
import { STORE_FAILURES, StoreError, type StoreFailure } from "./failure.ts";

/** Whether the file can be written, with failure counts. Logs changes, not every attempt. */
export interface StoreHealth {
  /** Returns true unless the last attempt failed. */
  up(): boolean;
  /** Returns why the last attempt failed; `undefined` if it succeeded. */
  failing(): StoreFailure | undefined;
  failures(): Readonly<Record<StoreFailure, number>>;
  /** Counts a failed attempt; returns its error as a StoreError. */
  fail(error: unknown): StoreError;
  /** Counts a damaged file that was replaced by a new one. */
  replaced(movedTo: string): void;
  succeed(): void;
}

/** Creates the health of a file that has not been written yet. */
export function createStoreHealth(path: string, log: Log): StoreHealth {
  const failures = Object.fromEntries(STORE_FAILURES.map((failure) => [failure, 0])) as Record<
    StoreFailure,
    number
  >;
  let failing: StoreFailure | undefined;
  return {
    up: () => failing === undefined,
    failing: () => failing,
    failures: () => ({ ...failures }),
    fail(thrown) {
      const error = thrown instanceof StoreError ? thrown : unexpected(thrown);
      const { failure, message } = error;
      failures[failure] += 1;
      if (failing !== failure) {
        const text = "the store cannot be written; state is kept in memory only";
        log.error({ path, reason: failure, detail: message }, text);
      }
      failing = failure;
      return error;
    },
    replaced(movedTo) {
      failures.corrupt += 1;
      log.error(
        { path, moved_to: movedTo },
        "the store was damaged; it was moved aside and a new one created",
      );
    },
    succeed() {
      if (failing !== undefined) log.info({ path }, "the store can be written again");
      failing = undefined;
    },
  };
}

const unexpected = (thrown: unknown): StoreError =>
  new StoreError({ failure: "io", message: String(thrown) }, { cause: thrown });
