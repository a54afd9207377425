import type { CompileContext } from "../../core/prober.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { type Address, parseAddress } from "../http-address.ts";
import { basicAuthorization, reveal } from "../http-credentials.ts";
import { bracketed } from "../ip.ts";
import { compileTls } from "../tls-options.ts";
import type { HttpOptions } from "./schema.ts";
import { readBody } from "./transport/body.ts";
import type { Outgoing } from "./transport/exchange.ts";
import { exchangeHttp1 } from "./transport/http1.ts";
import { compileProxies, type Proxy, type ProxyChoice } from "./transport/proxy.ts";
import { openRoute } from "./transport/route.ts";
import { type Failure, failure, type Guard, type HttpCredentials } from "./transport/steps.ts";

/** Seconds before its expiry in which a token is no longer used, because it could expire on the way. Go's margin. */
const MARGIN = 10;
/** Lifetime of a token without `expires_in`, in seconds. */
const DEFAULT_LIFETIME = 300;
/** Longest response accepted, in bytes. Go's limit. */
const LONGEST_RESPONSE = 1024 * 1024;

interface Token {
  readonly ok: true;
  readonly value: string;
  /** Unix seconds. */
  readonly until: number;
}

/** The place of the client's credentials (RFC 6749, 2.3.1). Servers differ, so the header is tried before the form. */
type ClientAuth = "header" | "form";

/** A token server and the parameters of requests to it. */
interface TokenSource {
  readonly address: Address;
  readonly clientId: string;
  readonly secret: Secret;
  readonly form: readonly (readonly [string, string])[];
  readonly tls: ReturnType<typeof compileTls>;
  readonly proxies: ProxyChoice | undefined;
}

/**
 * Compiles `oauth2`: client credentials (RFC 6749, 4.4). The token is fetched within the probe's deadline and cached until it
 * expires or the target rejects it.
 */
export function compileOauth2(options: HttpOptions, context: CompileContext): HttpCredentials | undefined {
  const source = options.oauth2 && compileSource(options.oauth2, context);
  if (source === undefined) return undefined;
  let token: Token | undefined;
  let clientAuth: ClientAuth | undefined;
  return {
    async value(guard) {
      const now = guard.clock.now();
      if (token !== undefined && now < token.until) return token;
      const secret = await reveal(source.secret, "oauth2.client_secret_file");
      if (!secret.ok) return secret;
      let fetched: Token | Failure = failure("auth", "no token");
      for (const auth of clientAuth === undefined ? (["header", "form"] as const) : [clientAuth]) {
        fetched = await fetchToken(source, secret.value, auth, guard);
        if (fetched.ok) clientAuth = auth;
        if (fetched.ok || guard.signal.aborted) break;
      }
      token = fetched.ok ? fetched : undefined;
      return fetched;
    },
    rejected() {
      token = undefined;
    },
  };
}

function compileSource(
  options: NonNullable<HttpOptions["oauth2"]>,
  context: CompileContext,
): TokenSource | undefined {
  const { client_secret: inline, client_secret_file: file } = options;
  if (inline && file) {
    context.problem(
      ["oauth2", "client_secret_file"],
      "client_secret and client_secret_file",
      "at most one of them",
    );
  }
  const address = parseAddress(options.token_url);
  const tls = compileTls(options.tls_config ?? {}, context, ["oauth2", "tls_config"]);
  const proxies = compileProxies(options, context, ["oauth2"]);
  if (typeof address === "string" || !/^https?:\/\//i.test(options.token_url)) {
    context.problem(["oauth2", "token_url"], options.token_url, "an http or https URL");
    return undefined;
  }
  return {
    address,
    clientId: options.client_id,
    secret: file ? context.secretFile(file, ["oauth2", "client_secret_file"]) : knownSecret(inline ?? ""),
    tls,
    proxies,
    form: [
      ["grant_type", "client_credentials"],
      ...(options.scopes?.length ? [["scope", options.scopes.join(" ")] as const] : []),
      ...Object.entries(options.endpoint_params ?? {}),
    ],
  };
}

async function fetchToken(
  source: TokenSource,
  secret: string,
  clientAuth: ClientAuth,
  guard: Guard,
): Promise<Token | Failure> {
  const { address } = source;
  const proxy = source.proxies?.(address, undefined);
  const route = {
    address,
    authority: `${bracketed(address.host)}:${address.port}`,
    proxy,
    tls: source.tls,
    serverName: source.tls.serverName ?? address.host,
    protocols: [],
    // The operator chose the token server, so its address is not restricted.
    network: guard.network.unrestricted(),
    locate: async () => ({ host: address.host, port: address.port }),
  };
  const connection = await openRoute(route, guard, () => undefined);
  if (!connection.ok) return asAuth(connection, address);
  const request = tokenRequest(source, secret, clientAuth, proxy);
  const response = await exchangeHttp1(connection.socket, request, guard);
  if (!response.ok || response.body === undefined) {
    connection.socket.destroy();
    return response.ok ? failure("auth", `no token from ${address.authority}`) : asAuth(response, address);
  }
  const body = await readBody(
    response.body,
    { keep: true, limit: LONGEST_RESPONSE, compression: undefined },
    guard,
  );
  response.close();
  if (body.failure !== undefined) return asAuth(body.failure, address);
  if (response.status < 200 || response.status > 299) {
    return failure("auth", `no token from ${address.authority}: status ${response.status}`);
  }
  return parseToken(body.content, guard.clock.now(), address);
}

function tokenRequest(
  { address, clientId, form: parameters }: TokenSource,
  secret: string,
  clientAuth: ClientAuth,
  proxy: Proxy | undefined,
): Outgoing {
  const form = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]));
  if (clientAuth === "form") {
    form.set("client_id", clientId);
    if (secret !== "") form.set("client_secret", secret);
  }
  form.sort();
  const body = Buffer.from(form.toString());
  const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  const forwarded = proxy !== undefined && !address.tls;
  return {
    method: "POST",
    path: forwarded ? `http://${address.authority}${address.path}` : address.path,
    headers: [
      "Host",
      address.authority,
      "Content-Type",
      "application/x-www-form-urlencoded",
      "Accept",
      "application/json",
      "Content-Length",
      String(body.length),
      "Connection",
      "close",
      ...(clientAuth === "header" ? ["Authorization", basicAuthorization(pair)] : []),
      ...(forwarded ? proxy.authorization : []),
    ],
    body,
  };
}

/** Encodes a text as RFC 6749, 2.3.1 requires. */
const formEncoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice("_=".length);

/** Parses the response of a token server. Failures do not quote it, because it may contain a token. */
function parseToken(content: Buffer, now: number, { authority }: Address): Token | Failure {
  let response: unknown;
  try {
    response = JSON.parse(content.toString("utf8"));
  } catch {
    return failure("auth", `no token from ${authority}: the response is not JSON`);
  }
  const fields: Partial<Record<string, unknown>> =
    typeof response === "object" && response !== null ? { ...response } : {};
  const { access_token: value, token_type: type, expires_in: lifetime } = fields;
  if (typeof value !== "string" || value === "") {
    return failure("auth", `no token from ${authority}: the response has no access_token`);
  }
  const seconds = Number(lifetime ?? DEFAULT_LIFETIME);
  const scheme = typeof type === "string" && type !== "" && type.toLowerCase() !== "bearer" ? type : "Bearer";
  return {
    ok: true,
    value: `${scheme} ${value}`,
    until: now + (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_LIFETIME) - MARGIN,
  };
}

/** Translates a failure to `auth`, unless the deadline was its cause. */
function asAuth({ reason, detail }: Failure, { authority }: Address): Failure {
  const isTimeout = reason === "timeout" || reason === "timeout_connect";
  return failure(isTimeout ? reason : "auth", `no token from ${authority}: ${detail}`);
}
