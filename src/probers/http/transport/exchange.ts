import type { Readable } from "node:stream";
import type { RawHeaders } from "./headers.ts";
import type { Failure } from "./steps.ts";

/** A request on an open connection. */
export interface Outgoing {
  readonly method: string;
  /** The request target: path and query, or the whole address when it goes to a proxy. */
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | string | undefined;
}

/** A response whose body has not been read yet. */
export interface ResponseHead {
  readonly ok: true;
  readonly status: number;
  /** `1.1`, `2.0`, ... */
  readonly version: string;
  readonly headers: RawHeaders;
  /** Announced length of the body; -1 when there is none. */
  readonly contentLength: number;
  /** Undefined when the response cannot have one. */
  readonly body: Readable | undefined;
  /** Closes the connection, whatever is still under way. */
  close(): void;
}

export type ExchangeResult = ResponseHead | Failure;

/**
 * Go's `Response.ContentLength`: what the header says, unless the length is told in another way; 0 when there can be
 * no body.
 */
export function contentLengthOf(status: number, announced: string | undefined, chunked: boolean): number {
  if (status === 204 || status === 304 || status < 200) return 0;
  if (chunked || announced === undefined || !/^\d+$/.test(announced)) return -1;
  return Number(announced);
}
