import type { Log } from "../core/log.ts";
import { STORE_FAILURES, StoreError, type StoreFailure } from "./failure.ts";

/** Whether the file can be written, and how often it could not. It tells the log of changes, not of attempts. */
export interface Condition {
  up(): boolean;
  /** What stands in the way at present. */
  failing(): StoreFailure | undefined;
  failures(): Readonly<Record<StoreFailure, number>>;
  /** Counts a failure; returns what it was. */
  fail(error: unknown): StoreError;
  /** Counts a damaged file that gave way to a new one. */
  replaced(aside: string): void;
  succeed(): void;
}

export function createCondition(path: string, log: Log): Condition {
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
      const error = thrown instanceof StoreError ? thrown : bug(thrown);
      const { failure, message } = error;
      failures[failure] += 1;
      if (failing !== failure) {
        const text = "the store cannot be written; what happens is kept in memory only";
        log.error({ path, reason: failure, detail: message }, text);
      }
      failing = failure;
      return error;
    },
    replaced(aside) {
      failures.corrupt += 1;
      log.error({ path, aside }, "the store was damaged; it was put aside and a new one begun");
    },
    succeed() {
      if (failing !== undefined) log.info({ path }, "the store is written again");
      failing = undefined;
    },
  };
}

const bug = (thrown: unknown): StoreError =>
  new StoreError({ failure: "io", message: String(thrown) }, { cause: thrown });
