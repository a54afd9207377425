import type { CompileContext } from "../../core/prober.ts";
import { isHeaderName, isHeaderValue } from "../header-fields.ts";
import type { RawHeaders } from "../http-headers.ts";
import type { GrpcOptions } from "./schema.ts";

/** Names that the protocol sets, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. */
const RESERVED = new Set([
  "connection",
  "content-length",
  "content-type",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** Names of which Node.js sends one value only. */
const SINGLE = new Set([
  "age",
  "authorization",
  "content-encoding",
  "content-language",
  "content-location",
  "content-md5",
  "content-range",
  "date",
  "dnt",
  "etag",
  "expires",
  "from",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "range",
  "referer",
  "retry-after",
  "tk",
  "upgrade-insecure-requests",
  "x-content-type-options",
  "access-control-allow-credentials",
  "access-control-max-age",
  "access-control-request-method",
]);

/** Compiles `metadata` to headers of the request, and reports what cannot be sent. Values of `...-bin` are sent as base64. */
export function compileMetadata(metadata: GrpcOptions["metadata"], context: CompileContext): RawHeaders {
  const headers: string[] = [];
  for (const [key, values] of Object.entries(metadata ?? {})) {
    const name = key.toLowerCase();
    const path = ["metadata", key];
    if (!/^[0-9a-z_.-]+$/.test(name) || !isHeaderName(name)) {
      context.problem(path, `the name ${JSON.stringify(key)}`, "a name of letters, digits, _, - and .");
      continue;
    }
    if (RESERVED.has(name) || name.startsWith("grpc-")) {
      context.problem(path, `the reserved name ${key}`, "another name");
      continue;
    }
    if (values.length > 1 && SINGLE.has(name))
      context.problem(path, `${values.length} values of ${key}`, "one value");
    for (const [i, value] of values.entries()) {
      const sent = name.endsWith("-bin") ? Buffer.from(value).toString("base64").replace(/=+$/, "") : value;
      if (isHeaderValue(sent) && /^[\x20-\x7e]*$/.test(sent)) headers.push(name, sent);
      else
        context.problem(
          [...path, i],
          "a value with other characters",
          "printable ASCII, or a name that ends in -bin",
        );
    }
  }
  return headers;
}
