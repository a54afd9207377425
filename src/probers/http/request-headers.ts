import type { CompileContext } from "../../core/prober.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { canonicalName, headerBytes } from "../http-headers.ts";
import {
  compileListedHeaders,
  isSendable,
  type ListedHeader,
  type ListedHeaders,
} from "../listed-headers.ts";
import type { HttpOptions } from "./schema.ts";
import type { Failure } from "./transport/steps.ts";

/** A header of every request of a module. */
export interface RequestHeader {
  readonly name: string;
  readonly value: string;
  /** True if it is sent to the target's own host only, and not to others after a redirect. */
  readonly confidential: boolean;
}

/** The configured headers of a module. */
export interface RequestHeaders {
  /** The Host header of the configuration. */
  readonly host: string | undefined;
  readonly fixed: readonly RequestHeader[];
  /** Reads the headers whose values are in files; undefined without such headers. */
  readonly fromFiles: (() => Promise<readonly RequestHeader[] | Failure>) | undefined;
}

/** Headers that Go removes on a redirect to another host. */
const CONFIDENTIAL = new Set([
  "Authorization",
  "Www-Authenticate",
  "Cookie",
  "Cookie2",
  "Proxy-Authorization",
]);

/** Names that have options of their own or are set by the client, as in prometheus/common. */
const RESERVED = new Set([
  "Authorization",
  "Host",
  "Content-Encoding",
  "Content-Length",
  "Content-Type",
  "User-Agent",
  "Connection",
  "Keep-Alive",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "Www-Authenticate",
  "Accept-Encoding",
  "X-Prometheus-Remote-Write-Version",
  "X-Prometheus-Remote-Read-Version",
  "X-Prometheus-Scrape-Timeout-Seconds",
  "X-Amz-Date",
  "X-Amz-Security-Token",
  "X-Amz-Content-Sha256",
]);

/** Compiles `headers` and `http_headers`, and reports headers that cannot be sent. */
export function compileRequestHeaders(options: HttpOptions, context: CompileContext): RequestHeaders {
  const fixed: RequestHeader[] = [];
  let host: string | undefined;
  for (const [key, value] of Object.entries(options.headers ?? {})) {
    const name = canonicalName(key);
    if (!isSendable(name, value, ["headers", key], context)) continue;
    if (name === "Host") host = value;
    // node:http sets the framing; Go ignores these headers as well.
    else if (name !== "Content-Length" && name !== "Transfer-Encoding" && name !== "Trailer") {
      fixed.push({ name, value: headerBytes(value), confidential: CONFIDENTIAL.has(name) });
    }
  }
  const agent = fixed.findIndex(({ name }) => name === "User-Agent");
  if (agent < 0) fixed.push({ name: "User-Agent", value: USER_AGENT, confidential: false });
  // An empty value means no header.
  else if (fixed[agent]?.value === "") fixed.splice(agent, 1);

  const listed = options.http_headers ?? {};
  for (const key of Object.keys(listed)) {
    const name = canonicalName(key);
    if (RESERVED.has(name))
      context.problem(["http_headers", key], `the reserved header ${name}`, "another header");
  }
  const { fixed: more, fromFiles } = compileListedHeaders(listed, context, ["http_headers"]);
  fixed.push(...more.map(requestHeader));
  return { host, fixed, fromFiles: fromFiles && (() => readFiles(fromFiles)) };
}

async function readFiles(
  read: NonNullable<ListedHeaders["fromFiles"]>,
): Promise<readonly RequestHeader[] | Failure> {
  const headers = await read();
  return "ok" in headers ? headers : headers.map(requestHeader);
}

const requestHeader = ({ name, value, secret }: ListedHeader): RequestHeader => ({
  name,
  value,
  confidential: secret || CONFIDENTIAL.has(name),
});
