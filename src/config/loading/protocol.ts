import type { Problem } from "../document/problems.ts";
import type { Remark } from "../document/remarks.ts";
import type { CheckedConfig, ProberSchema } from "./checked-config.ts";
import type { ConfigText } from "./config-document.ts";
import type { Part } from "./parts.ts";

/** The calls of a worker that reads a configuration, with their requests and answers: plain data. */
export interface Calls {
  /** Parses the text; answers with the files under `plugins`. The first call, before `check`. */
  readonly open: { readonly request: ConfigText; readonly answer: readonly string[] };
  readonly check: {
    readonly request: readonly ProberSchema[];
    readonly answer: Omit<CheckedConfig, "raw"> & { readonly parts: readonly Part[] };
  };
  readonly conclude: {
    readonly request: { readonly remarks: readonly Remark[]; readonly hints: readonly string[] };
    readonly answer: readonly string[];
  };
  /** Redacts the text; needs no other call. */
  readonly redact: {
    readonly request: { readonly config: ConfigText; readonly probers: readonly ProberSchema[] };
    readonly answer: string;
  };
}

/** A call to the worker, which makes one at a time. */
export type WorkerCall = {
  readonly [Call in keyof Calls]: { readonly call: Call; readonly request: Calls[Call]["request"] };
}[keyof Calls];

/** The worker's reply to a call. */
export type WorkerReply =
  | { readonly kind: "answer"; readonly answer: Calls[keyof Calls]["answer"] }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[]; readonly hints: readonly string[] }
  /** An error of the program. */
  | { readonly kind: "bug"; readonly error: unknown };
