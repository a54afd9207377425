import { fileError } from "../../core/file-errors.ts";
import type { CompileContext } from "../../core/prober.ts";
import type { Secret } from "../../core/secret.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { describeError } from "../errors.ts";
import { isHeaderName, isHeaderValue } from "../header-fields.ts";
import type { HttpOptions } from "./schema.ts";
import { canonicalName, headerBytes } from "./transport/headers.ts";
import { type Failure, failure } from "./transport/steps.ts";

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

  const fromFiles: { readonly name: string; readonly secret: Secret }[] = [];
  for (const [key, { values = [], secrets = [], files: ownFiles = [] }] of Object.entries(
    options.http_headers ?? {},
  )) {
    const name = canonicalName(key);
    if (RESERVED.has(name))
      context.problem(["http_headers", key], `the reserved header ${name}`, "another header");
    for (const [kind, list] of [
      ["values", values],
      ["secrets", secrets],
    ] as const) {
      for (const [i, value] of list.entries()) {
        if (!isSendable(name, value, ["http_headers", key, kind, i], context)) continue;
        fixed.push({
          name,
          value: headerBytes(value),
          confidential: kind === "secrets" || CONFIDENTIAL.has(name),
        });
      }
    }
    for (const [i, file] of ownFiles.entries()) {
      fromFiles.push({ name, secret: context.secretFile(file, ["http_headers", key, "files", i]) });
    }
  }
  return { host, fixed, fromFiles: fromFiles.length === 0 ? undefined : () => readHeaderFiles(fromFiles) };
}

async function readHeaderFiles(
  files: readonly { readonly name: string; readonly secret: Secret }[],
): Promise<readonly RequestHeader[] | Failure> {
  try {
    return await Promise.all(
      files.map(async ({ name, secret }) => ({
        name,
        value: headerBytes((await secret.reveal()).trim()),
        confidential: true,
      })),
    );
  } catch (error) {
    return failure(fileError(error).reason, `cannot read a file of http_headers: ${describeError(error)}`);
  }
}

/** Reports a header that cannot be sent. The message does not repeat the value, because it may be a secret. */
function isSendable(
  name: string,
  value: string,
  path: readonly (string | number)[],
  context: CompileContext,
): boolean {
  if (!isHeaderName(name)) {
    context.problem(path, `the header name ${JSON.stringify(name)}`, "a name of letters, digits and hyphens");
    return false;
  }
  if (!isHeaderValue(headerBytes(value))) {
    context.problem(path, "a value with control characters", "a value without line breaks");
    return false;
  }
  return true;
}
