import type { Readable } from "node:stream";
import type { RawHeaders } from "../../http-headers.ts";
import type { Failure } from "./steps.ts";

/** A request on an open connection. */
export interface Outgoing {
  readonly method: string;
  /** The request target: path and query, or the whole address for a proxy. */
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
  /** Announced length of the body; -1 if it is not announced. */
  readonly contentLength: number;
  /** Undefined if the response cannot have one. */
  readonly body: Readable | undefined;
  /** Closes the connection, even if the body is incomplete. */
  close(): void;
}

/** The result of sending a request. */
export type ExchangeResult = ResponseHead | Failure;

/** Returns Go's `Response.ContentLength`: the value of the header, -1 if it is missing or overridden, 0 if there cannot be a body. */
export function contentLengthOf(status: number, announced: string | undefined, chunked: boolean): number {
  if (status === 204 || status === 304 || status < 200) return 0;
  if (chunked || announced === undefined || !/^\d+$/.test(announced)) return -1;
  return Number(announced);
}
