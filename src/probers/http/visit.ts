import type { Arrival } from "../../core/precision.ts";
import type { ProbeTarget } from "../../core/prober.ts";
import { shownUrl } from "../http-address.ts";
import { userAuthorization } from "../http-credentials.ts";
import { type RawHeaders, valueOf } from "../http-headers.ts";
import { type CookieJar, newCookieJar } from "./cookies.ts";
import { bodyHeaders, type Hop } from "./hop.ts";
import { openConnection } from "./open.ts";
import type { HttpModule } from "./options.ts";
import { type PreparedRequest, prepare } from "./prepare.ts";
import { MOST_REDIRECTS, redirectOf } from "./redirects.ts";
import type { Outgoing, ResponseHead } from "./transport/exchange.ts";
import { exchangeHttp1 } from "./transport/http1.ts";
import { exchangeHttp2 } from "./transport/http2.ts";
import type { Proxy } from "./transport/proxy.ts";
import type { Failure, Guard } from "./transport/steps.ts";
import { phaseLength, type Trace } from "./transport/trace.ts";

/** The final response of a probe. */
export interface FinalResponse {
  readonly ok: true;
  readonly exchange: ResponseHead;
  /** True if it came over TLS. */
  readonly tls: boolean;
  /** Arrival of its first byte. */
  readonly responded: Arrival;
  /** The reason why this redirect was not followed, so that its body is not read; undefined for other responses. */
  readonly notFollowed: string | undefined;
}

/** Requests the target and follows its redirects to the final response. */
export async function visit(
  target: ProbeTarget,
  module: HttpModule,
  guard: Guard,
  trace: Trace,
): Promise<FinalResponse | Failure> {
  const prepared = await prepare(target, module, guard, trace);
  if (!prepared.ok) return prepared;
  const cookies = newCookieJar();
  let hop = prepared.first;
  for (;;) {
    trace.peer = undefined;
    const response = await request(hop, prepared, cookies, module, guard, trace);
    if (!response.ok) return response;
    const { exchange, responded } = response;
    const visited = { ok: true, exchange, tls: hop.address.tls, responded } as const;
    const redirect = redirectOf(exchange, hop, prepared.first);
    if (redirect.kind === "none") return { ...visited, notFollowed: undefined };
    exchange.close();
    cookies.store(hop.address, exchange.headers, guard.clock.now());
    if (redirect.kind === "impossible" && !redirect.counts) return redirect.failure;
    trace.redirects += 1;
    const notFollowed = refusal(trace.redirects, module);
    if (notFollowed !== undefined) return { ...visited, notFollowed };
    if (redirect.kind === "impossible") return redirect.failure;
    // As in blackbox_exporter, the phase exists after a redirect even if a proxy resolves all names.
    trace.resolve ??= 0;
    hop = redirect.next;
  }
}

function refusal(redirects: number, { followRedirects }: HttpModule): string | undefined {
  if (!followRedirects) return "redirects are not followed";
  return redirects > MOST_REDIRECTS ? `more than ${MOST_REDIRECTS} redirects` : undefined;
}

interface HopResponse {
  readonly ok: true;
  readonly exchange: ResponseHead;
  readonly responded: Arrival;
}

async function request(
  hop: Hop,
  prepared: PreparedRequest,
  cookies: CookieJar,
  module: HttpModule,
  guard: Guard,
  trace: Trace,
): Promise<HopResponse | Failure> {
  const proxy = module.proxies?.(hop.address, hop.ip);
  const connection = await openConnection(hop, proxy, prepared, module, guard, trace);
  if (!connection.ok) return connection;
  guard.log("requesting", { method: hop.method, url: shownUrl(hop.address), host: hop.host });
  const outgoing = outgoingOf(hop, proxy, prepared, cookies);
  const started = guard.clock.monotonic();
  let responded: Arrival = { earliest: started, latest: started };
  const onFirstByte = (): void => {
    responded = guard.clock.arrival();
    trace.processing += phaseLength(responded.earliest - started);
  };
  const exchange =
    connection.kind === "http2"
      ? await exchangeHttp2(connection.socket, outgoing, guard, onFirstByte)
      : await exchangeHttp1(connection.socket, outgoing, guard, onFirstByte);
  if (!exchange.ok) {
    connection.socket.destroy();
    return exchange;
  }
  guard.log("response", {
    status: exchange.status,
    version: exchange.version,
    seconds: responded.earliest - started,
  });
  return { ok: true, exchange, responded };
}

/**
 * Returns the Authorization header to add. As in Go, a configured header comes first, then the userinfo of the address, then
 * the credentials of the module.
 */
function credentialsOf(
  { address: { userinfo }, own }: Hop,
  headers: RawHeaders,
  authorization: string | undefined,
): string | undefined {
  if (valueOf(headers, "authorization") !== undefined) return undefined;
  if (userinfo !== undefined) return userAuthorization(userinfo);
  return own ? authorization : undefined;
}

/** Headers that describe the body. */
const BODY_HEADERS = new Set(["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"]);

function outgoingOf(
  hop: Hop,
  proxy: Proxy | undefined,
  { headers, authorization }: PreparedRequest,
  cookies: CookieJar,
): Outgoing {
  const raw = ["Host", hop.host];
  let { referer } = hop;
  let connection = "close";
  let cookie: string | undefined;
  for (const { name, value, confidential } of headers) {
    if (confidential && !hop.own) continue;
    if (hop.bodyDropped && BODY_HEADERS.has(name)) continue;
    if (name === "Referer") referer = undefined;
    if (name === "Connection") connection = value;
    else if (name === "Cookie") cookie = value;
    else raw.push(name, value);
  }
  cookie = cookies.headerFor(hop.address, cookie);
  if (cookie !== undefined) raw.push("Cookie", cookie);
  const credentials = credentialsOf(hop, raw, authorization);
  if (credentials !== undefined) raw.push("Authorization", credentials);
  if (referer !== undefined) raw.push("Referer", referer);
  raw.push(...bodyHeaders(hop.method, hop.payload), "Connection", connection);
  const request = { method: hop.method, headers: raw, body: hop.payload?.content };
  if (proxy === undefined || hop.address.tls) return { ...request, path: hop.address.path };
  raw.push(...proxy.authorization);
  return { ...request, path: `http://${hop.host}${hop.address.path}` };
}
