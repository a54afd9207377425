import type { Options, Reply } from "../support.ts";

/** A reply of a server, byte by byte, and the result of a probe. */
export interface Case {
  readonly name: string;
  readonly reply: Reply;
  readonly reason: string;
  /** Undefined if the model is not judged, as a filter refused the prompt. */
  readonly answered: boolean | undefined;
  readonly options?: Options;
}

/** Options of a probe that requests no stream. */
export const WHOLE = { stream: false } as const;
