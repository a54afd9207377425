/** The counts of a JSON report of vitest, and a line about each test that failed at least once or was skipped. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

/** Summarizes a report; a file that failed outside its tests counts as one failure, as does a report that does not exist. */
export declare function summaryOf(file: string): Summary;
