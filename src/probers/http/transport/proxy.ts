import type { CompileContext } from "../../../core/prober.ts";
import { type Address, parseAddress } from "../../http-address.ts";
import { userAuthorization } from "../../http-credentials.ts";
import { headerBytes, type RawHeaders } from "../../http-headers.ts";
import type { HttpOptions } from "../schema.ts";
import { compileNoProxy, type NoProxy } from "./no-proxy.ts";

/** A proxy for a request. */
export interface Proxy {
  readonly address: Address;
  /** The Proxy-Authorization header, for plain requests and CONNECT. */
  readonly authorization: RawHeaders;
  /** Other headers of CONNECT. */
  readonly connectHeaders: RawHeaders;
}

/** Chooses the proxy for a request, if it needs one. `ip` is the address chosen for the host, if any. */
export type ProxyChoice = (address: Address, ip: string | undefined) => Proxy | undefined;

/** Proxies that Go can use and Node.js cannot. */
const SOCKS = /^socks5h?:\/\//i;
const NO_SOCKS = "SOCKS proxies are not supported";

type ProxyOptions = Pick<
  HttpOptions,
  "proxy_url" | "no_proxy" | "proxy_from_environment" | "proxy_connect_header"
>;

/**
 * Compiles the proxy options at `path` and reports contradictions. `proxy_from_environment` reads the environment when the
 * configuration is loaded, not for each request.
 */
export function compileProxies(
  options: ProxyOptions,
  context: CompileContext,
  path: readonly string[] = [],
): ProxyChoice | undefined {
  const { proxy_url: url, no_proxy: noProxy, proxy_from_environment: fromEnvironment } = options;
  const env = context.environment;
  reportContradictions(options, context, path);
  const connectHeaders = Object.entries(options.proxy_connect_header ?? {}).flatMap(([name, values]) =>
    values.flatMap((value) => [name, headerBytes(value)]),
  );
  if (url && SOCKS.test(url)) {
    context.unsupported([...path, "proxy_url"], NO_SOCKS);
    return undefined;
  }
  if (url) {
    const proxy = parseProxy(url, connectHeaders);
    if (proxy === undefined) {
      // The value may contain a password.
      context.problem(
        [...path, "proxy_url"],
        "an invalid URL",
        "a URL such as http://proxy.example.com:3128",
      );
      return undefined;
    }
    return withExceptions(proxy, proxy, noProxy ? compileNoProxy(noProxy) : () => false);
  }
  if (fromEnvironment !== true) return undefined;
  const read = (name: string): Proxy | undefined => {
    const value = env[name] || env[name.toLowerCase()];
    if (!value) return undefined;
    if (SOCKS.test(value)) {
      context.unsupported([...path, "proxy_from_environment"], `${NO_SOCKS} (${name})`);
      return undefined;
    }
    const proxy = parseProxy(value.includes("://") ? value : `http://${value}`, connectHeaders);
    if (proxy === undefined) {
      context.problem(
        [...path, "proxy_from_environment"],
        `an invalid URL in ${name}`,
        "an http or https URL",
      );
    }
    return proxy;
  };
  const exceptions = compileNoProxy(env["NO_PROXY"] || env["no_proxy"] || "");
  return withExceptions(read("HTTP_PROXY"), read("HTTPS_PROXY"), exceptions);
}

const withExceptions =
  (http: Proxy | undefined, https: Proxy | undefined, direct: NoProxy): ProxyChoice =>
  (address, ip) => {
    const proxy = address.tls ? https : http;
    return proxy === undefined || direct(address.host, ip, address.port) ? undefined : proxy;
  };

function parseProxy(url: string, connectHeaders: RawHeaders): Proxy | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  const address = parseAddress(url);
  if (typeof address === "string" || address.host === "") return undefined;
  const { userinfo } = address;
  const authorization = userinfo === undefined ? [] : ["Proxy-Authorization", userAuthorization(userinfo)];
  return { address, authorization, connectHeaders };
}

function reportContradictions(options: ProxyOptions, context: CompileContext, path: readonly string[]): void {
  const { proxy_url: url, no_proxy: noProxy, proxy_from_environment: fromEnvironment } = options;
  if (fromEnvironment === true && url) {
    context.problem([...path, "proxy_url"], "proxy_url and proxy_from_environment", "at most one of them");
  }
  if (fromEnvironment === true && noProxy) {
    context.problem(
      [...path, "no_proxy"],
      "no_proxy and proxy_from_environment",
      "NO_PROXY in the environment",
    );
  } else if (noProxy && !url) {
    context.problem([...path, "no_proxy"], "no_proxy without proxy_url", "both or none");
  }
  if (Object.keys(options.proxy_connect_header ?? {}).length > 0 && fromEnvironment !== true && !url) {
    context.problem(
      [...path, "proxy_connect_header"],
      "headers without a proxy",
      "proxy_url or proxy_from_environment",
    );
  }
}
