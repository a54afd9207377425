import type { Address } from "../http-address.ts";
import type { RawHeaders } from "../http-headers.ts";

/** The body of a request. */
export interface Payload {
  readonly content: Buffer;
  /** True for a file: its length is not announced, and it is not sent again after a redirect. */
  readonly streamed: boolean;
}

/** One request of a probe: the first one, or one after a redirect. */
export interface Hop {
  readonly address: Address;
  /** True if the address is that of a configured target. */
  readonly trusted: boolean;
  /** The address chosen for the target; undefined if the name still has to be resolved. */
  readonly ip: string | undefined;
  /** Host and port in the URL of this request, in which the target's IP replaces its name. */
  readonly authority: string;
  /** The Host header. */
  readonly host: string;
  /** True if `?hostname=` of a request to the exporter chose it. */
  readonly foreignHost: boolean;
  /** True if this request and all before it went to the target, so that credentials are sent. */
  readonly own: boolean;
  /** True if it goes to the target, so that the server name of the module applies. */
  readonly atTarget: boolean;
  /** True if a redirect has dropped the body, and with it the headers that describe it. */
  readonly bodyDropped: boolean;
  readonly method: string;
  readonly payload: Payload | undefined;
  readonly referer: string | undefined;
}

/** Methods that announce their body even if it is empty. */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
const WITHOUT_BODY = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** Returns the headers that frame the body, by Go's rules. */
export function bodyHeaders(method: string, payload: Payload | undefined): RawHeaders {
  if (payload === undefined) {
    // node:http would announce a chunked body for methods that it does not know.
    return WITH_BODY.has(method) || !WITHOUT_BODY.has(method) ? ["Content-Length", "0"] : [];
  }
  if (!payload.streamed) return ["Content-Length", String(payload.content.length)];
  const isEmpty = payload.content.length === 0 && WITHOUT_BODY.has(method);
  return isEmpty ? [] : ["Transfer-Encoding", "chunked"];
}
