import type { X509Certificate } from "node:crypto";
import type { Socket as UdpSocket } from "node:dgram";
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { FailureReason } from "./reasons.ts";

/** Every reason with which a connection can fail. A prober that opens connections can fail with each of them. */
export const NETWORK_REASONS = [
  "forbidden_target",
  "dns",
  "connect",
  "tls",
  "certificate",
  "timeout_connect",
] as const satisfies readonly FailureReason[];

/** The reason of a failed connection. */
export type NetworkReason = (typeof NETWORK_REASONS)[number];

/** A failed connection. It can be the outcome of the probe as it is. */
export interface NetworkFailure<Reason extends NetworkReason = NetworkReason> {
  readonly ok: false;
  readonly reason: Reason;
  readonly detail: string;
}

/** Makes a failure. */
export const networkFailure = <const Reason extends NetworkReason>(
  reason: Reason,
  detail: string,
): NetworkFailure<Reason> => ({
  ok: false,
  reason,
  detail,
});

/** A failed connection to a Unix socket; `file_unreadable` if its file system does not answer, which says nothing about the target. */
export interface UnixFailure {
  readonly ok: false;
  readonly reason: "forbidden_target" | "connect" | "timeout_connect" | "file_unreadable";
  readonly detail: string;
}

/** The remote end of a connection. */
export interface Destination {
  /** A name or an IP address, the latter with or without brackets. */
  readonly host: string;
  /** 0 for a protocol without ports. */
  readonly port: number;
  /** Addresses of `host` from an earlier `resolve`; without them, it is resolved now. */
  readonly addresses?: readonly string[];
  /** Address of this machine to connect from; without it, the operating system chooses one. */
  readonly localAddress?: string;
  /** True if the target chose it, by a redirect for example, so that it needs an entry even if the target is configured. */
  readonly redirected?: boolean;
  /** True if a proxy resolves the name, so that only the name is checked: an entry with an address does not admit it. */
  readonly unresolved?: boolean;
}

/** The preferred IP version. With `fallback`, an address of the other version is accepted. */
export interface IpPreference {
  readonly preferred: 4 | 6;
  readonly fallback: boolean;
}

/** The facts of a resolution, for metrics. */
export interface Resolution {
  readonly seconds: number;
  /** IP version of the address; 0 without an address. */
  readonly protocol: 4 | 6 | 0;
  /** FNV-32a of the bytes of the address; 0 without an address. */
  readonly hash: number;
}

/** The addresses of a destination that may be probed. */
export interface Resolved {
  readonly ok: true;
  /** In the resolver's order; only the chosen one if an IP version is preferred. */
  readonly addresses: readonly [string, ...string[]];
  /** Permitted addresses that were not chosen, in the resolver's order; none without a preference. */
  readonly others: readonly string[];
  readonly resolution: Resolution;
  /** Lookup function for libraries that resolve names themselves. It returns `addresses`, and refuses other names. */
  readonly lookup: LookupFunction;
}

/** TLS settings of one connection, as `tls.connect` takes them. */
export type TlsOptions = Omit<ConnectionOptions, "host" | "port" | "path" | "socket" | "lookup">;

/** An open connection. An error of the socket does not crash the exporter if the prober does not listen for it. */
export interface Opened<Connection> {
  readonly ok: true;
  readonly socket: Connection;
}

/** Settings of HTTP agents. */
export interface AgentSettings {
  readonly tls?: TlsOptions;
  /** URL of a proxy that all requests go through. It resolves the target's name, so only the name is checked. */
  readonly proxy?: string;
  /**
   * Called with each TLS connection to a target when its handshake is complete, before anything is sent. It is also called
   * if the certificate is then refused, so that its facts are known: `socket.authorized` is false in this case.
   * @param sent the certificates in the order in which the server sent them; the socket may not return them a second time
   */
  readonly onHandshake?: (socket: TLSSocket, sent: readonly X509Certificate[]) => void;
}

/** Agents for `node:http`, `node:https`, got and other libraries. Each request opens a connection of its own. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/**
 * The network of one probe, through which it opens every connection, so that `?target=` cannot be used to reach addresses
 * that only this machine reaches. It refuses a destination, with the reason `forbidden_target`, if its host or the address
 * that the host resolves to is a link-local or metadata address, or is not in the `allowed_targets` of the module. All
 * methods end at the deadline of the probe, and open sockets are destroyed then.
 *
 * A configured target needs no entry in `allowed_targets`. This applies to the first destination of a probe; any other one
 * was chosen by the target.
 *
 * @example
 * ```ts
 * async probe({ address }, _module, { network }) {
 *   const [host = "", port] = address.split(":");
 *   const opened = await network.connect({ host, port: Number(port) });
 *   if (!opened.ok) return { outcome: opened, samples: [] };
 *   opened.socket.end("PING\r\n");
 *   // ...
 * }
 * ```
 */
export interface Network {
  /** Checks a destination without resolving it. The other methods also check the addresses of its host. */
  check(to: Destination): NetworkFailure<"forbidden_target"> | undefined;
  /** Resolves a destination. With a preference, it chooses one address as blackbox_exporter does. */
  resolve(
    to: Destination,
    preference?: IpPreference,
  ): Promise<Resolved | (NetworkFailure & { readonly resolution: Resolution })>;
  /** Opens a TCP connection. */
  connect(to: Destination): Promise<Opened<Socket> | NetworkFailure>;
  /** Opens a TLS connection. The certificate has to be valid for the host unless `options` say otherwise. */
  connectTls(to: Destination, options?: TlsOptions): Promise<Opened<TLSSocket> | NetworkFailure>;
  /**
   * Connects to a Unix socket: at a path, or `@` and the name of an abstract one. Without `allowed_targets`, every socket is
   * allowed, because a module of such a prober was configured.
   */
  connectUnix(path: string): Promise<Opened<Socket> | UnixFailure>;
  /** Opens a UDP socket that exchanges datagrams with the destination only. */
  connectUdp(to: Destination): Promise<Opened<UdpSocket> | NetworkFailure>;
  /**
   * Makes HTTP agents for requests to `url`. They check every connection, also after a redirect that a library follows; a
   * refused request fails with a `ForbiddenAddressError`.
   */
  agents(
    url: URL,
    settings?: AgentSettings,
  ): { readonly ok: true; readonly agents: HttpAgents } | NetworkFailure<"forbidden_target">;
  /** Returns the network without restrictions, for servers that only the configuration names: proxies and token servers. */
  unrestricted(): Network;
}

/** The error of a connection that a library opens and the network refuses. */
export class ForbiddenAddressError extends Error {
  override readonly name = "ForbiddenAddressError";
}

/** Returns the destination of requests to `url`. */
export const destinationOf = (url: URL): Destination => ({
  host: url.hostname,
  port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
});
