import type { Options, Reply } from "../support.ts";

/** What a server does, byte by byte, and what a probe makes of it. */
export interface Case {
  readonly name: string;
  readonly reply: Reply;
  readonly reason: string;
  readonly answered: boolean;
  readonly options?: Options;
}

/** Options of a probe that asks for no stream. */
export const WHOLE = { stream: false } as const;
