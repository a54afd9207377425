import { request as nodeRequest } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Destination, Network } from "../../../core/network.ts";
import { describeError } from "../../errors.ts";
import type { Address } from "../../http-address.ts";
import type { RawHeaders } from "../../http-headers.ts";
import { openTls, readTrust } from "../../tls-connection.ts";
import type { PeerFacts } from "../../tls-facts.ts";
import type { TlsSettings } from "../../tls-options.ts";
import type { Proxy } from "./proxy.ts";
import { type Failure, failure, type Guard } from "./steps.ts";
import { mendResponseHeads } from "./tolerant-reading.ts";

/** The route to a server. */
export interface Route {
  readonly address: Address;
  /** The network to connect on without a proxy. */
  readonly network: Network;
  /** Finds the server's addresses. Not called if a proxy does that. */
  readonly locate: () => Promise<Destination | Failure>;
  /** Host and port that a proxy is asked to connect to. */
  readonly authority: string;
  readonly proxy: Proxy | undefined;
  readonly tls: TlsSettings;
  readonly serverName: string;
  /** Protocols to offer to a TLS server. */
  readonly protocols: string[];
}

/** A connection that is ready for a request. */
export type Connection =
  | { readonly ok: true; readonly kind: "http1"; readonly socket: Socket; readonly times: ConnectTimes }
  | { readonly ok: true; readonly kind: "http2"; readonly socket: TLSSocket; readonly times: ConnectTimes };

/** Durations of the phases of a connection, in seconds. */
export interface ConnectTimes {
  readonly connect: number;
  readonly tls: number;
}

/** Opens the connection for `route`. Calls `onPeer` with the facts of the server's certificate as soon as they are known. */
export async function openRoute(
  route: Route,
  guard: Guard,
  onPeer: (peer: PeerFacts | undefined) => void,
): Promise<Connection | Failure> {
  const { address, proxy, tls, serverName, protocols } = route;
  const to = proxy === undefined ? await route.locate() : await locateProxy(proxy, guard);
  if ("ok" in to) return to;
  const { clock } = guard;
  const started = clock.monotonic();
  const opened = await openTo(route, to, guard);
  if (!opened.ok) return opened;
  const connect = clock.monotonic() - started;
  if (!address.tls) return { ok: true, kind: "http1", socket: opened.socket, times: { connect, tls: 0 } };

  const trust = await readTrust(tls);
  if (!trust.ok) {
    opened.socket.destroy();
    return trust;
  }
  const secureFrom = clock.monotonic();
  const securing = { trust: trust.options, verify: tls.verify, serverName, protocols };
  const secured = await openTls(opened.socket, securing, guard);
  onPeer(secured.peer);
  if (!secured.ok) return failure(secured.reason, secured.detail);
  const times = { connect, tls: clock.monotonic() - secureFrom };
  const { socket } = secured;
  return { ok: true, kind: socket.alpnProtocol === "h2" ? "http2" : "http1", socket, times };
}

/** Opens a TCP connection to the server or the proxy. A TLS server behind a proxy is connected to through a tunnel. */
async function openTo(
  { address, authority, network, proxy, tls }: Route,
  to: Destination,
  guard: Guard,
): Promise<{ ok: true; socket: Socket } | Failure> {
  if (proxy === undefined) return network.connect(to);
  const opened = await guard.network.unrestricted().connect(to);
  if (!opened.ok) return failure(opened.reason, `the proxy: ${opened.detail}`);
  let socket: Socket = opened.socket;
  if (proxy.address.tls) {
    const trust = await readTrust(tls);
    if (!trust.ok) {
      socket.destroy();
      return trust;
    }
    const securing = {
      trust: trust.options,
      verify: tls.verify,
      serverName: proxy.address.host,
      protocols: [],
    };
    const secured = await openTls(socket, securing, guard);
    if (!secured.ok) return failure(secured.reason, `the proxy: ${secured.detail}`);
    ({ socket } = secured);
  }
  if (!address.tls) return { ok: true, socket };
  return openTunnel(socket, authority, [...proxy.authorization, ...proxy.connectHeaders], guard);
}

/** Resolves the name of the proxy. The operator chose it, so its address is not restricted. */
async function locateProxy({ address: { host, port } }: Proxy, guard: Guard): Promise<Destination | Failure> {
  const found = await guard.network.unrestricted().resolve({ host, port });
  return found.ok
    ? { host, port, addresses: found.addresses }
    : failure(found.reason, `the proxy: ${found.detail}`);
}

/** Opens a tunnel to `authority` (host and port) through the proxy that `socket` is connected to. */
function openTunnel(
  socket: Socket,
  authority: string,
  headers: RawHeaders,
  guard: Guard,
): Promise<{ readonly ok: true; readonly socket: Socket } | Failure> {
  return new Promise((resolve) => {
    const request = nodeRequest({
      createConnection: () => socket,
      method: "CONNECT",
      path: authority,
      setHost: false,
      insecureHTTPParser: true,
    });
    request.setHeader("Host", authority);
    for (let i = 0; i < headers.length; i += 2) request.appendHeader(headers[i] ?? "", headers[i + 1] ?? "");
    // "Connection: close" would apply to the tunnel.
    request.removeHeader("Connection");
    request.once("socket", () => mendResponseHeads(socket));
    const fail = (cause: Failure): void => {
      request.destroy();
      socket.destroy();
      resolve(cause);
    };
    guard.cut = () => fail(failure("timeout_connect", "no tunnel from the proxy before the deadline"));
    if (guard.signal.aborted) guard.cut();
    request.once("connect", (response, tunnel: Socket, rest: Buffer) => {
      if (response.statusCode !== 200) {
        return fail(failure("connect", `the proxy answered CONNECT with status ${response.statusCode}`));
      }
      request.removeAllListeners("close");
      if (rest.length > 0) tunnel.unshift(rest);
      return resolve({ ok: true, socket: tunnel });
    });
    request.on("error", (error) =>
      fail(failure("connect", `no tunnel from the proxy: ${describeError(error)}`)),
    );
    request.once("close", () =>
      fail(failure("connect", "the proxy closed the connection without opening a tunnel")),
    );
    request.end();
  });
}
