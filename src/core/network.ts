import type { Socket as UdpSocket } from "node:dgram";
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { LookupFunction, Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { FailureReason } from "./reasons.ts";

/** The reasons for which a connection is not opened. A prober that uses the network can fail with each of them. */
export const NETWORK_REASONS = [
  "forbidden_target",
  "dns",
  "connect",
  "tls",
  "certificate",
  "timeout_connect",
] as const satisfies readonly FailureReason[];

/** Why a connection was not opened: the outcome of a probe that cannot go on without it. */
export interface NetworkFailure {
  readonly ok: false;
  readonly reason: (typeof NETWORK_REASONS)[number];
  readonly detail: string;
}

/** Makes a failure. */
export const networkFailure = (reason: NetworkFailure["reason"], detail: string): NetworkFailure => ({
  ok: false,
  reason,
  detail,
});

/** The end of a connection. */
export interface Destination {
  /** A name or an IP address, the latter with or without brackets. */
  readonly host: string;
  readonly port: number;
  /** Addresses of `host` from an earlier `resolve`; without them, it is resolved now. */
  readonly addresses?: readonly string[];
  /** True if the target chose it, by a redirect for example: that a target is configured does not allow it then. */
  readonly redirected?: boolean;
}

/** The preferred IP version, and whether an address of the other one will do. */
export interface IpPreference {
  readonly preferred: 4 | 6;
  readonly fallback: boolean;
}

/** How a name was resolved, for metrics. */
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
  readonly resolution: Resolution;
  /** Answers a library that resolves by itself with `addresses`, and refuses every other name. */
  readonly lookup: LookupFunction;
}

/** TLS settings of one connection, as `tls.connect` takes them. */
export type TlsOptions = Omit<ConnectionOptions, "host" | "port" | "path" | "socket" | "lookup">;

/** An open connection. Errors after this do not crash the exporter if the prober does not listen for them. */
export interface Opened<Connection> {
  readonly ok: true;
  readonly socket: Connection;
}

/** Settings of HTTP agents. */
export interface AgentSettings {
  readonly tls?: TlsOptions;
  /** URL of a proxy that all requests go through. It resolves the target's name, so only the name is checked. */
  readonly proxy?: string;
}

/** Agents for `node:http`, `node:https`, got and other libraries. Each request opens a connection of its own. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/**
 * The network as one probe may use it. Every connection to a target is opened here, so that no prober can be used to reach
 * an address that the exporter must not reach for others: a destination is refused with the reason `forbidden_target`
 * if it, or the address that its name resolves to, is a link-local or metadata address, or is not in the
 * `allowed_targets` of the module. Everything ends at the deadline of the probe, when open sockets are destroyed.
 *
 * A configured target needs no entry in `allowed_targets`. This holds for the first destination that a probe asks for;
 * later ones come from the target.
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
  /** Checks a destination before anything is sent. A name that passes may still resolve to an address that is refused. */
  check(to: Destination): NetworkFailure | undefined;
  /** Resolves and checks a destination. With a preference, it chooses one address as blackbox_exporter does. */
  resolve(
    to: Destination,
    preference?: IpPreference,
  ): Promise<Resolved | (NetworkFailure & { readonly resolution: Resolution })>;
  /** Opens a TCP connection. */
  connect(to: Destination): Promise<Opened<Socket> | NetworkFailure>;
  /** Opens a TLS connection. The certificate has to be valid for the host unless `options` say otherwise. */
  connectTls(to: Destination, options?: TlsOptions): Promise<Opened<TLSSocket> | NetworkFailure>;
  /** Opens a UDP socket that exchanges datagrams with the destination only. */
  connectUdp(to: Destination): Promise<Opened<UdpSocket> | NetworkFailure>;
  /**
   * Makes HTTP agents for requests to `url`. They check every connection that they open, also those to which a library
   * follows a redirect; a refused one fails with a `ForbiddenAddressError`.
   */
  agents(
    url: URL,
    settings?: AgentSettings,
  ): { readonly ok: true; readonly agents: HttpAgents } | NetworkFailure;
  /** The network without checks, for servers that only the configuration names: proxies and token servers. */
  readonly unrestricted: Network;
}

/** The error of a library's connection that was refused. */
export class ForbiddenAddressError extends Error {
  override readonly name = "ForbiddenAddressError";
}

/** Returns the destination of requests to `url`. */
export const destinationOf = (url: URL): Destination => ({
  host: url.hostname,
  port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
});
