import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { parseSize, SIZE_FORM } from "../../core/units.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { compileCredentials } from "../http-credentials.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import { compileJsonRules, type JsonRule } from "./cel.ts";
import { compileOauth2 } from "./oauth2.ts";
import { compileRequestHeaders, type RequestHeaders } from "./request-headers.ts";
import {
  type BodyRule,
  type Consequence,
  compileBodyRules,
  compileHeaderRules,
  compileStatusRule,
  type HeaderRule,
  STATUS_FORM,
  type StatusRule,
} from "./rules.ts";
import type { HttpOptions } from "./schema.ts";
import { acceptsEncoding, type BodyPlan } from "./transport/body.ts";
import { compileProxies, type ProxyChoice } from "./transport/proxy.ts";
import type { HttpCredentials } from "./transport/steps.ts";
import { type BodyValues, compileValues } from "./values.ts";

/** The source of the request's body. */
export type BodySource =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly content: Buffer }
  | { readonly kind: "file"; readonly path: string };

/** Rules about a response with the same consequence. */
export interface ResponseRules {
  readonly headers: readonly HeaderRule[];
  readonly body: readonly BodyRule[];
  readonly json: readonly JsonRule[];
}

/** A compiled `http` module. */
export interface HttpModule {
  readonly method: string;
  readonly body: BodySource;
  readonly headers: RequestHeaders;
  readonly credentials: HttpCredentials | undefined;
  readonly proxies: ProxyChoice | undefined;
  /** True if the proxy resolves the target's name. */
  readonly skipResolve: boolean;
  readonly ip: IpPreference;
  readonly tls: TlsSettings;
  /** Protocols to offer to TLS targets. */
  readonly protocols: string[];
  readonly followRedirects: boolean;
  readonly statuses: StatusRule;
  /** Accepted versions, such as `HTTP/1.1`; empty accepts all. */
  readonly versions: readonly string[];
  /** The rules that fail the probe. */
  readonly failRules: ResponseRules;
  /** The rules that make the target of a successful probe degraded. */
  readonly degradedRules: ResponseRules;
  readonly bodyPlan: Omit<BodyPlan, "keep">;
  readonly values: BodyValues | undefined;
  readonly failIfSsl: boolean;
  readonly failIfNotSsl: boolean;
}

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileHttp(options: HttpOptions, context: CompileContext): HttpModule {
  checkAllowedTargets(options.allowed_targets, context);
  return {
    method: compileMethod(options, context),
    body: compileBody(options, context),
    headers: compileRequestHeaders(options, context),
    credentials: compileAnyCredentials(options, context),
    proxies: compileProxies(options, context),
    skipResolve: options.skip_resolve_phase_with_proxy === true && Boolean(options.proxy_url),
    ip: compileIpPreference(options),
    tls: compileTls(options.tls_config ?? {}, context),
    protocols: compileProtocols(options, context),
    followRedirects: compileFollow(options, context),
    statuses: compileStatusRule(options.valid_status_codes ?? [], (i, got) =>
      context.problem(["valid_status_codes", i], got, STATUS_FORM),
    ),
    versions: options.valid_http_versions ?? [],
    failRules: compileRules(options, "fail", context),
    degradedRules: compileRules(options, "degraded", context),
    bodyPlan: compileBodyPlan(options, context),
    values: options.metrics === undefined ? undefined : compileValues(options.metrics, context),
    failIfSsl: options.fail_if_ssl ?? false,
    failIfNotSsl: options.fail_if_not_ssl ?? false,
  };
}

const compileRules = (
  options: HttpOptions,
  consequence: Consequence,
  context: CompileContext,
): ResponseRules => ({
  headers: compileHeaderRules(options, consequence),
  body: compileBodyRules(options, consequence),
  json: compileJsonRules(options, consequence, context),
});

/** Compiles the one kind of credentials. If several are configured, the problems of each are reported. */
function compileAnyCredentials(options: HttpOptions, context: CompileContext): HttpCredentials | undefined {
  const token = compileOauth2(options, context);
  return compileCredentials(options, context) ?? token;
}

function compileMethod({ method }: HttpOptions, context: CompileContext): string {
  // node:http sends methods in upper case.
  const name = method?.toUpperCase() || "GET";
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    context.problem(["method"], JSON.stringify(name), "a method such as GET or POST");
  }
  return name;
}

function compileBody({ body, body_file: file }: HttpOptions, context: CompileContext): BodySource {
  if (body && file) context.problem(["body_file"], "body and body_file", "at most one of them");
  if (file) return { kind: "file", path: context.resolvePath(file) };
  return body ? { kind: "text", content: Buffer.from(body) } : { kind: "none" };
}

function compileProtocols(
  { enable_http2 = true, enable_http3 = false }: HttpOptions,
  context: CompileContext,
): string[] {
  if (enable_http3) {
    context.problem(["enable_http3"], "true", "false, because HTTP/3 is not supported");
  }
  return enable_http2 ? ["h2", "http/1.1"] : [];
}

function compileFollow(options: HttpOptions, context: CompileContext): boolean {
  if (options.no_follow_redirects === undefined) return options.follow_redirects ?? true;
  context.warn(["no_follow_redirects"], "is deprecated; use follow_redirects");
  return !options.no_follow_redirects;
}

function compileBodyPlan(options: HttpOptions, context: CompileContext): Omit<BodyPlan, "keep"> {
  const { body_size_limit: size, compression } = options;
  const limit = size === undefined || size === "" ? 0 : parseSize(size);
  if (limit === undefined) context.problem(["body_size_limit"], String(size), SIZE_FORM);
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (compression && name.toLowerCase() === "accept-encoding" && !acceptsEncoding(value, compression)) {
      context.problem(
        ["compression"],
        compression,
        `a compression that the header ${name}: ${value} accepts`,
      );
    }
  }
  return {
    limit: limit ?? 0,
    compression:
      compression === undefined || compression === "" || compression === "identity" ? undefined : compression,
  };
}
