import type { Address } from "./transport/address.ts";
import type { RawHeaders } from "./transport/headers.ts";

/** The body of a request. */
export interface Payload {
  readonly content: Buffer;
  /** From a file, whose length is not announced and which is not sent a second time after a redirect. */
  readonly streamed: boolean;
}

/** One request of a probe: the first one, or one that a redirect led to. */
export interface Hop {
  readonly address: Address;
  /** Whether the address stands in the configuration as a target. */
  readonly trusted: boolean;
  /** The address that was chosen for the target; undefined where the name is to be resolved now. */
  readonly ip: string | undefined;
  /** Host and port as they stand in this request's URL, where the target's name is replaced by its IP. */
  readonly authority: string;
  /** The Host header. */
  readonly host: string;
  /**
   * Whether this and every request before went to the target itself, so that credentials go along. Coming back to the target after another host was asked does not bring them back.
   */
  readonly own: boolean;
  /** Whether it goes to the target itself, so that the server name of the module does. */
  readonly atTarget: boolean;
  /** Whether a redirect has dropped the body, and the headers about it. */
  readonly bodyDropped: boolean;
  readonly method: string;
  readonly payload: Payload | undefined;
  readonly referer: string | undefined;
}

/** Methods that have a body by definition: without one they say so. */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
const WITHOUT_BODY = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** The headers that say how long the body is. Go's rules. */
export function bodyHeaders(method: string, payload: Payload | undefined): RawHeaders {
  if (payload === undefined) {
    // For methods that it does not know, node:http would announce a chunked body.
    return WITH_BODY.has(method) || !WITHOUT_BODY.has(method) ? ["Content-Length", "0"] : [];
  }
  if (!payload.streamed) return ["Content-Length", String(payload.content.length)];
  const lacking = payload.content.length === 0 && WITHOUT_BODY.has(method);
  return lacking ? [] : ["Transfer-Encoding", "chunked"];
}
