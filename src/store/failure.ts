/** Why the file cannot be used. A bounded list, used as label values. */
export const STORE_FAILURES = ["full", "read_only", "locked", "corrupt", "lost", "io"] as const;
export type StoreFailure = (typeof STORE_FAILURES)[number];

/** The content of a StoreError, in a form that can be sent between threads: errors lose their class there. */
export interface FailureFacts {
  readonly failure: StoreFailure;
  readonly message: string;
  /** True if retrying cannot help, because an operator has to replace the file. */
  readonly lasting?: boolean;
  /** True if another exporter has locked the file. */
  readonly inUse?: boolean;
}

/** Thrown if the file cannot be used. */
export class StoreError extends Error implements FailureFacts {
  override readonly name = "StoreError";
  readonly failure: StoreFailure;
  readonly lasting: boolean;
  readonly inUse: boolean;

  constructor({ failure, message, lasting = false, inUse = false }: FailureFacts, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.lasting = lasting;
    this.inUse = inUse;
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

/** Codes of the operating system, from renaming files and creating folders. */
const SYSTEM_FAILURES: Readonly<Record<string, StoreFailure>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read_only",
  EACCES: "read_only",
  EPERM: "read_only",
};

/** Classifies an error of node:sqlite or node:fs. */
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
