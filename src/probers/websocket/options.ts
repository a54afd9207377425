import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { type Credentials, compileCredentials } from "../http-credentials.ts";
import { canonicalName } from "../http-headers.ts";
import { compileListedHeaders, type ListedHeaders } from "../listed-headers.ts";
import { literalTemplate, parseTemplate, type Template } from "../query-response/template.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import type { WebsocketOptions } from "./schema.ts";

/** One step of a conversation. */
export interface Step {
  readonly expect: Regexp | undefined;
  /** Empty if nothing is sent. */
  readonly send: Template;
}

/** A compiled `websocket` module. */
export interface WebsocketModule {
  readonly headers: ListedHeaders;
  readonly credentials: Credentials | undefined;
  readonly tls: TlsSettings;
  readonly ip: IpPreference;
  readonly steps: readonly Step[];
}

/** Headers of the handshake that the client sets. */
const RESERVED = new Set([
  "Connection",
  "Content-Length",
  "Sec-Websocket-Extensions",
  "Sec-Websocket-Key",
  "Sec-Websocket-Version",
  "Transfer-Encoding",
  "Upgrade",
]);

/** Options of `http_config` that blackbox_exporter accepts and does not use. */
const UNUSED = [
  "oauth2",
  "proxy_url",
  "no_proxy",
  "proxy_from_environment",
  "proxy_connect_header",
  "http_headers",
] as const;

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileWebsocket(options: WebsocketOptions, context: CompileContext): WebsocketModule {
  const { headers = {}, http_config: http = {}, query_response: steps = [] } = options;
  checkAllowedTargets(options.allowed_targets, context);
  for (const key of Object.keys(headers)) {
    const name = canonicalName(key);
    if (RESERVED.has(name))
      context.problem(["headers", key], `${name}, which the handshake sets`, "another header");
  }
  for (const name of UNUSED)
    if (http[name] !== undefined) context.warn(["http_config", name], "is not used by the websocket prober");
  return {
    headers: compileListedHeaders(headers, context, ["headers"]),
    credentials: compileCredentials(http, context, ["http_config"]),
    tls: compileTls(http.tls_config ?? {}, context, ["http_config", "tls_config"]),
    ip: compileIpPreference(options, context),
    steps: steps.map((step, i) => compileStep(step, i, context)),
  };
}

function compileStep(
  { expect, send = "", ...others }: NonNullable<WebsocketOptions["query_response"]>[number],
  index: number,
  context: CompileContext,
): Step {
  for (const name of Object.keys(others))
    context.warn(["query_response", index, name], "is not used by the websocket prober");
  return {
    expect: expect === undefined ? undefined : compileRegexp(expect),
    send: expect === undefined ? literalTemplate(send) : parseTemplate(send),
  };
}
