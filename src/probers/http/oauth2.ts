import type { CompileContext } from "../../core/prober.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { type Address, parseAddress } from "../http-address.ts";
import { bracketed } from "../ip.ts";
import { compileTls } from "../tls-options.ts";
import { type ClientProof, compileGrant, type Grant } from "./oauth2-grant.ts";
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

/** A token server and the requests to it. */
interface TokenSource {
  readonly address: Address;
  readonly grant: Grant;
  readonly parameters: readonly (readonly [string, string])[];
  readonly tls: ReturnType<typeof compileTls>;
  readonly proxies: ProxyChoice | undefined;
}

/**
 * Compiles `oauth2`: client credentials (RFC 6749, 4.4) or an assertion (RFC 7523). The token is fetched within the probe's
 * deadline and cached until it expires or the target rejects it.
 */
export function compileOauth2(options: HttpOptions, context: CompileContext): HttpCredentials | undefined {
  const source = options.oauth2 && compileSource(options.oauth2, context);
  if (source === undefined) return undefined;
  let token: Token | undefined;
  /** The number of the proof that the server accepts, once that is known. */
  let accepted: number | undefined;
  return {
    async value(guard) {
      if (token !== undefined && guard.clock.now() < token.until) return token;
      const made = await source.grant.proofs(guard.clock.now());
      if (!made.ok) return made;
      let fetched: Token | Failure = failure("auth", "no token");
      for (const [i, proof] of made.proofs.entries()) {
        if (accepted !== undefined && i !== accepted) continue;
        fetched = await fetchToken(source, proof, guard);
        if (fetched.ok) accepted = i;
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
  const grant = compileGrant(options, context);
  const address = parseAddress(options.token_url);
  const tls = compileTls(options.tls_config ?? {}, context, ["oauth2", "tls_config"]);
  const proxies = compileProxies(options, context, ["oauth2"]);
  if (typeof address === "string" || !/^https?:\/\//i.test(options.token_url)) {
    context.problem(["oauth2", "token_url"], options.token_url, "an http or https URL");
    return undefined;
  }
  return {
    address,
    grant,
    tls,
    proxies,
    parameters: [
      ...(options.scopes?.length ? [["scope", options.scopes.join(" ")] as const] : []),
      ...Object.entries(options.endpoint_params ?? {}),
    ],
  };
}

async function fetchToken(source: TokenSource, proof: ClientProof, guard: Guard): Promise<Token | Failure> {
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
  const request = tokenRequest(source, proof, proxy);
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
  body.release();
  if (body.failure !== undefined) return asAuth(body.failure, address);
  if (response.status < 200 || response.status > 299) {
    return failure("auth", `no token from ${address.authority}: status ${response.status}`);
  }
  return parseToken(body.content, guard.clock.now(), address);
}

function tokenRequest(
  { address, parameters }: TokenSource,
  proof: ClientProof,
  proxy: Proxy | undefined,
): Outgoing {
  // As in Go, endpoint_params may replace the type of the grant, and nothing else.
  const form = new URLSearchParams({ grant_type: proof.grantType });
  for (const [name, value] of [...parameters, ...proof.parameters]) form.set(name, value);
  form.sort();
  const body = Buffer.from(form.toString());
  const forwarded = proxy !== undefined && !address.tls;
  return {
    method: "POST",
    path: forwarded ? `http://${address.authority}${address.path}` : address.path,
    headers: [
      "Host",
      address.authority,
      "Content-Type",
      "application/x-www-form-urlencoded",
      "User-Agent",
      USER_AGENT,
      "Accept",
      "application/json",
      "Content-Length",
      String(body.length),
      "Connection",
      "close",
      ...(proof.authorization === undefined ? [] : ["Authorization", proof.authorization]),
      ...(forwarded ? proxy.authorization : []),
    ],
    body,
  };
}

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
