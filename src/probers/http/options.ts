import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { parseSize, SIZE_FORM } from "../../core/units.ts";
import { existsNow } from "../../files/now.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { compileCredentials } from "../http-credentials.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import { type ContentOptions, type ContentRules, compileContent, contentOptions } from "./content.ts";
import { compileOauth2 } from "./oauth2.ts";
import { compileRequestHeaders, type RequestHeaders } from "./request-headers.ts";
import {
  compileHeaderRules,
  compileStatusRule,
  type HeaderRule,
  STATUS_FORM,
  type StatusRule,
} from "./rules.ts";
import type { HttpOptions } from "./schema.ts";
import { acceptsEncoding, type BodyPlan, isCompression } from "./transport/body.ts";
import { compileProxies, type ProxyChoice } from "./transport/proxy.ts";
import type { HttpCredentials } from "./transport/steps.ts";

/** The source of the request's body. */
export type BodySource =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly content: Buffer }
  | { readonly kind: "file"; readonly path: string };

/** The rules about the content of bodies, and the options that they are made of. */
export interface ModuleContent extends ContentRules {
  readonly options: ContentOptions;
}

/** A compiled `http` module. */
export interface HttpModule {
  readonly method: string;
  readonly body: BodySource;
  readonly headers: RequestHeaders;
  readonly credentials: HttpCredentials | undefined;
  readonly proxies: ProxyChoice | undefined;
  /** True if the target's name is left to the proxy or, without one for this target, to the connection. */
  readonly skipResolve: boolean;
  readonly ip: IpPreference;
  readonly tls: TlsSettings;
  /** Protocols to offer to TLS targets. */
  readonly protocols: string[];
  readonly followRedirects: boolean;
  readonly statuses: StatusRule;
  /** Accepted versions, such as `HTTP/1.1`; empty accepts all. */
  readonly versions: readonly string[];
  /** The rules about headers that fail the probe. */
  readonly failHeaders: readonly HeaderRule[];
  /** The rules about headers that make the target of a successful probe degraded. */
  readonly degradedHeaders: readonly HeaderRule[];
  readonly content: ModuleContent;
  readonly bodyPlan: Omit<BodyPlan, "keep">;
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
    skipResolve:
      options.skip_resolve_phase_with_proxy === true &&
      (Boolean(options.proxy_url) || options.proxy_from_environment === true),
    ip: compileIpPreference(options, context),
    tls: compileTls(options.tls_config ?? {}, context),
    protocols: (options.enable_http2 ?? true) ? ["h2", "http/1.1"] : [],
    followRedirects: compileFollow(options, context),
    statuses: compileStatusRule(options.valid_status_codes ?? [], (i, got) =>
      context.problem(["valid_status_codes", i], got, STATUS_FORM),
    ),
    versions: compileVersions(options, context),
    failHeaders: compileHeaderRules(options, "fail"),
    degradedHeaders: compileHeaderRules(options, "degraded"),
    content: compileModuleContent(options, context),
    bodyPlan: compileBodyPlan(options, context),
    failIfSsl: options.fail_if_ssl ?? false,
    failIfNotSsl: options.fail_if_not_ssl ?? false,
  };
}

function compileModuleContent(options: HttpOptions, context: CompileContext): ModuleContent {
  const selected = contentOptions(options);
  return { ...compileContent(selected, context), options: selected };
}

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
  if (file) {
    const path = context.resolvePath(file);
    if (!existsNow(path))
      context.warn(["body_file"], `${path} does not exist yet; probes fail until it does`);
    return { kind: "file", path };
  }
  return body ? { kind: "text", content: Buffer.from(body) } : { kind: "none" };
}

/** Compiles the accepted versions of HTTP. As in blackbox_exporter, HTTP/3 excludes the others, and is not expected otherwise. */
function compileVersions(options: HttpOptions, context: CompileContext): readonly string[] {
  const {
    valid_http_versions: versions = [],
    enable_http2: http2 = true,
    enable_http3: http3 = false,
  } = options;
  if (http3 && http2) {
    context.problem(["enable_http2"], "enable_http2 and enable_http3", "at most one of them");
  }
  for (const [i, version] of versions.entries()) {
    if (http3 === (version === "HTTP/3.0")) continue;
    const want = http3 ? "HTTP/3.0, because of enable_http3" : "a version of HTTP without enable_http3";
    if (http3 || version === "HTTP/3.0") context.problem(["valid_http_versions", i], version, want);
  }
  if (http3) context.unsupported(["enable_http3"], "HTTP/3 is not supported");
  return versions;
}

function compileFollow(options: HttpOptions, context: CompileContext): boolean {
  if (options.no_follow_redirects === undefined) return options.follow_redirects ?? true;
  context.warn(["no_follow_redirects"], "is deprecated; use follow_redirects");
  return !options.no_follow_redirects;
}

function compileBodyPlan(options: HttpOptions, context: CompileContext): Omit<BodyPlan, "keep"> {
  const { body_size_limit: size } = options;
  const limit = size === undefined || size === "" ? undefined : (parseSize(size) ?? "invalid");
  if (limit === "invalid") {
    context.problem(["body_size_limit"], String(size), SIZE_FORM);
    return { limit: undefined, compression: undefined };
  }
  const compression = options.compression?.toLowerCase() ?? "";
  if (compression === "") return { limit, compression: undefined };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (name.toLowerCase() === "accept-encoding" && !acceptsEncoding(value, compression)) {
      const want = `a compression that the header ${name}: ${value} accepts`;
      context.problem(["compression"], compression, want);
    }
  }
  if (compression === "identity") return { limit, compression: undefined };
  if (isCompression(compression)) return { limit, compression };
  context.problem(["compression"], JSON.stringify(options.compression), "gzip, br, deflate or identity");
  return { limit, compression: undefined };
}
