import type { CompileContext } from "../../core/prober.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { bracketed } from "../ip.ts";
import { compileTls } from "../tls-options.ts";
import type { HttpOptions } from "./schema.ts";
import { type Address, parseAddress } from "./transport/address.ts";
import { basicAuthorization, type Credentials, reveal } from "./transport/auth.ts";
import { readBody } from "./transport/body.ts";
import { exchangeHttp1 } from "./transport/http1.ts";
import { compileProxies, type ProxyChoice } from "./transport/proxy.ts";
import { openRoute } from "./transport/route.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";

/** A token is not used in its last seconds, in which it might end on the way. Go's margin. */
const MARGIN = 10;
/** How long a token is kept when its server says nothing about it. */
const UNTOLD_LIFETIME = 300;
/** Longer answers are no tokens. Go's limit. */
const LONGEST_ANSWER = 1024 * 1024;

interface Token {
  readonly ok: true;
  readonly value: string;
  /** Unix seconds. */
  readonly until: number;
}

/** How a token request says who it is: RFC 6749, 2.3.1. Servers do not agree, so one is tried after the other. */
type ClientAuth = "header" | "form";

/** A token server with everything that it wants to know. */
interface TokenSource {
  readonly address: Address;
  readonly clientId: string;
  readonly secret: Secret;
  readonly form: readonly (readonly [string, string])[];
  readonly tls: ReturnType<typeof compileTls>;
  readonly proxies: ProxyChoice | undefined;
}

/**
 * Compiles `oauth2`: client credentials (RFC 6749, 4.4). The token is fetched inside the probe's deadline and kept
 * until it ends or the target rejects it, so that not every probe is two.
 */
export function compileOauth2(options: HttpOptions, context: CompileContext): Credentials | undefined {
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
      for (const way of clientAuth === undefined ? (["header", "form"] as const) : [clientAuth]) {
        fetched = await fetchToken(source, secret.value, way, guard);
        if (fetched.ok) clientAuth = way;
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
    context.problem(["oauth2", "token_url"], options.token_url, "an address of http or https");
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
  way: ClientAuth,
  guard: Guard,
): Promise<Token | Failure> {
  const { address, clientId } = source;
  const { clock } = guard;
  const proxy = source.proxies?.(address, undefined);
  const route = {
    address,
    authority: `${bracketed(address.host)}:${address.port}`,
    proxy,
    tls: source.tls,
    serverName: source.tls.serverName ?? address.host,
    protocols: [],
    // The operator chose the token server: any address will do.
    network: guard.network.unrestricted,
    locate: async () => ({ host: address.host, port: address.port }),
  };
  const connection = await openRoute(route, guard, () => undefined);
  if (!connection.ok) return asAuth(connection, address);
  const form = new URLSearchParams(source.form.map(([name, value]): [string, string] => [name, value]));
  if (way === "form") {
    form.set("client_id", clientId);
    if (secret !== "") form.set("client_secret", secret);
  }
  form.sort();
  const body = Buffer.from(form.toString());
  const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  const headers = [
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
    ...(way === "header" ? ["Authorization", basicAuthorization(pair)] : []),
    ...(proxy !== undefined && !address.tls ? proxy.authorization : []),
  ];
  const path =
    proxy !== undefined && !address.tls ? `http://${address.authority}${address.path}` : address.path;
  const answer = await exchangeHttp1(connection.socket, { method: "POST", path, headers, body }, guard);
  if (!answer.ok || answer.body === undefined) {
    connection.socket.destroy();
    return answer.ok ? failure("auth", `no token from ${address.authority}`) : asAuth(answer, address);
  }
  const read = await readBody(
    answer.body,
    { keep: true, limit: LONGEST_ANSWER, compression: undefined },
    guard,
  );
  answer.close();
  if (read.failure !== undefined) return asAuth(read.failure, address);
  if (answer.status < 200 || answer.status > 299) {
    return failure("auth", `no token from ${address.authority}: status ${answer.status}`);
  }
  return parseToken(read.content, clock.now(), address);
}

/** As RFC 6749, 2.3.1 wants it. */
const formEncoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice("_=".length);

/** What the answer holds is never repeated: it may be a token. */
function parseToken(content: Buffer, now: number, { authority }: Address): Token | Failure {
  let answer: unknown;
  try {
    answer = JSON.parse(content.toString("utf8"));
  } catch {
    return failure("auth", `no token from ${authority}: its answer is not JSON`);
  }
  const fields: Partial<Record<string, unknown>> =
    typeof answer === "object" && answer !== null ? { ...answer } : {};
  const { access_token: value, token_type: type, expires_in: lifetime } = fields;
  if (typeof value !== "string" || value === "") {
    return failure("auth", `no token from ${authority}: its answer has no access_token`);
  }
  const seconds = Number(lifetime ?? UNTOLD_LIFETIME);
  const scheme = typeof type === "string" && type !== "" && type.toLowerCase() !== "bearer" ? type : "Bearer";
  return {
    ok: true,
    value: `${scheme} ${value}`,
    until: now + (Number.isFinite(seconds) && seconds > 0 ? seconds : UNTOLD_LIFETIME) - MARGIN,
  };
}

/** Without a token there is no access, whatever the cause; that time ran out stays what it is. */
function asAuth({ reason, detail }: Failure, { authority }: Address): Failure {
  const late = reason === "timeout" || reason === "timeout_connect";
  return failure(late ? reason : "auth", `no token from ${authority}: ${detail}`);
}
