/** Why the file cannot be used: bounded, safe as a label value. */
export const STORE_FAILURES = ["full", "read_only", "locked", "corrupt", "io"] as const;
export type StoreFailure = (typeof STORE_FAILURES)[number];

/** What went wrong with the file, across the border of a worker, where errors lose their kind. */
export interface FailureFacts {
  readonly failure: StoreFailure;
  readonly message: string;
  /** True when trying again is of no use: somebody has to do something about the file. */
  readonly lasting?: boolean;
}

/** The file cannot be used. */
export class StoreError extends Error implements FailureFacts {
  override readonly name = "StoreError";
  readonly failure: StoreFailure;
  readonly lasting: boolean;

  constructor({ failure, message, lasting = false }: FailureFacts, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.lasting = lasting;
  }
}

/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
const FAILURES: Readonly<Record<number, StoreFailure>> = {
  3: "read_only",
  5: "locked",
  6: "locked",
  8: "read_only",
  11: "corrupt",
  13: "full",
  26: "corrupt",
};

/** Codes of the operating system, where files are renamed and folders made. */
const SYSTEM_FAILURES: Readonly<Record<string, StoreFailure>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read_only",
  EACCES: "read_only",
  EPERM: "read_only",
};

/** What an error of node:sqlite or node:fs means for the store. */
export function failureOf(error: unknown): FailureFacts {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error)) return { failure: "io", message: String(error) };
  const { message } = error;
  if ("errcode" in error && typeof error.errcode === "number") {
    return { failure: FAILURES[error.errcode & 0xff] ?? "io", message };
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { failure: SYSTEM_FAILURES[code] ?? "io", message };
}
