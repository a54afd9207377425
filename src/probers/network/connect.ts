import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { type NetworkFailure, networkFailure, type Opened, type TlsOptions } from "../../core/network.ts";
import { codeOf, describeError, gaveUpAddress } from "../errors.ts";
import { bracketed, isIP } from "../ip.ts";
import { pinnedLookup } from "./resolve.ts";

/** A destination whose addresses have been checked. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly [string, ...string[]];
  /** Address of this machine to connect from. */
  readonly localAddress?: string;
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;

/** Opens a TCP connection. Several addresses are tried as Node.js does. */
export function openTcp(
  to: Endpoint,
  signal: AbortSignal,
  clock: Clock,
): Promise<Opened<Socket> | NetworkFailure> {
  const { port } = to;
  const where = nameOf(to);
  const stalledBefore = clock.stalled();
  if (!isPort(port)) return Promise.resolve(networkFailure("connect", `there is no port ${port}`));
  return new Promise((resolve) => {
    const socket = connect(optionsOf(to));
    // The listener stays, so that an error after the connection was opened is not an uncaught one.
    socket.on("error", (error) => {
      socket.destroy();
      if (gaveUpAddress(error) && clock.stalled() > stalledBefore && !signal.aborted)
        return resolve(openTcp(to, signal, clock));
      resolve(networkFailure("connect", `no connection to ${where}: ${describeError(error)}`));
    });
    socket.once("connect", () => resolve({ ok: true, socket }));
    onAbort(signal, () => {
      socket.destroy();
      resolve(networkFailure("timeout_connect", `no connection to ${where} before the deadline`));
    });
  });
}

function optionsOf({ host, port, addresses, localAddress }: Endpoint): NetConnectOpts {
  const [only, ...others] = addresses;
  const common = { port, noDelay: true, ...defined({ localAddress }) };
  if (others.length === 0) return { ...common, host: only };
  return { ...common, host, autoSelectFamily: true, lookup: pinnedLookup(host, addresses) };
}

/** Names the other end in error texts. */
const nameOf = ({ host, port, addresses: [first, ...others] }: Endpoint): string =>
  others.length > 0 || first === host ? `${bracketed(host)}:${port}` : `${host}:${port} (${first})`;

const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/;

/** Makes the TLS handshake over an open connection to `host`. */
export function openTls(
  socket: Socket,
  host: string,
  options: TlsOptions,
  signal: AbortSignal,
): Promise<Opened<TLSSocket> | NetworkFailure> {
  return new Promise((resolve) => {
    const secured = connectTls({
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...options,
      host,
      socket,
    });
    const fail = (failure: NetworkFailure): void => {
      secured.destroy();
      socket.destroy();
      resolve(failure);
    };
    secured.on("error", (error) => {
      const reason = CERTIFICATE_ERROR.test(codeOf(error) ?? "") ? "certificate" : "tls";
      fail(networkFailure(reason, `TLS handshake with ${host}: ${describeError(error)}`));
    });
    secured.once("secureConnect", () => resolve({ ok: true, socket: secured }));
    onAbort(signal, () => fail(networkFailure("timeout_connect", "no TLS handshake before the deadline")));
  });
}

/** Opens a connected UDP socket, for which the operating system drops datagrams of other senders. */
export function openUdp(to: Endpoint, signal: AbortSignal): Promise<Opened<UdpSocket> | NetworkFailure> {
  const { port, addresses, localAddress } = to;
  const [address] = addresses;
  if (!isPort(port) || port === 0)
    return Promise.resolve(networkFailure("connect", `there is no port ${port}`));
  if (signal.aborted)
    return Promise.resolve(
      networkFailure("timeout_connect", `no socket to ${nameOf(to)} before the deadline`),
    );
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIP(address) === 6 ? "udp6" : "udp4", signal });
    let isOpen = false;
    // The listener stays, so that an error such as a refused datagram is not an uncaught one.
    socket.on("error", (error) => {
      if (isOpen) return;
      socket.close();
      resolve(networkFailure("connect", `no socket to ${nameOf(to)}: ${describeError(error)}`));
    });
    socket.once("connect", () => {
      isOpen = true;
      resolve({ ok: true, socket });
    });
    // Without a callback, which Node.js would also call for an error.
    const connect = (): void => socket.connect(port, address);
    if (localAddress === undefined) connect();
    else socket.bind({ address: localAddress }, connect);
  });
}

/** Calls `end` when the signal aborts. The listener is not removed, because the signal belongs to one probe. */
function onAbort(signal: AbortSignal, end: () => void): void {
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
}
