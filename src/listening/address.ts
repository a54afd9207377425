/** An address to listen on. */
export type ListenAddress = TcpAddress | SocketAddress;

/** A TCP address; without a host, all addresses of the machine. */
export interface TcpAddress {
  readonly kind: "tcp";
  readonly host?: string;
  readonly port: number;
}

/** A unix socket. */
export interface SocketAddress {
  readonly kind: "unix";
  /** An absolute path. */
  readonly path: string;
  /** Permissions of the socket: who may write to it may connect. */
  readonly mode: number;
}

/** The address without `--web.listen-address`. */
export const DEFAULT_LISTEN_ADDRESS: TcpAddress = { kind: "tcp", port: 8091 };

/** The syntax of a listen address, for messages. */
export const LISTEN_ADDRESS_FORM =
  "HOST:PORT or :PORT, such as :8091, 127.0.0.1:8091 or [::1]:8091, or unix:///PATH[?mode=0660]";

/** Owner and group: a proxy usually runs as another user. */
const SOCKET_MODE = 0o660;

/**
 * Longest path of a unix socket in bytes. Linux allows 107, also for the name that a socket has in the same folder until it is
 * ready: `.hb-` and the number of the process.
 */
const LONGEST_SOCKET_PATH = 96;

/**
 * Parses `HOST:PORT`, `[IPv6]:PORT`, `:PORT`, `unix:///PATH` or `unix:/PATH`, else returns `undefined`. Port 0 means any free
 * port.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith("unix:")) return parseSocketAddress(text);
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return { kind: "tcp", port, ...(host === "" ? {} : { host }) };
}

function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^unix:(?:\/\/)?(\/(?!\/)[^?\0]*[^/?\0])(?:\?mode=(0?[0-7]{3}))?$/.exec(text);
  const [, path, mode] = match ?? [];
  if (path === undefined || Buffer.byteLength(path) > LONGEST_SOCKET_PATH) return undefined;
  return { kind: "unix", path, mode: mode === undefined ? SOCKET_MODE : Number.parseInt(mode, 8) };
}

/** Formats an address as it is written on the command line, without the permissions of a socket. */
export const formatAddress = (address: ListenAddress): string =>
  address.kind === "unix" ? `unix://${address.path}` : `${bracketed(address.host ?? "")}:${address.port}`;

/** Returns the URL of a TCP listener for clients on this machine. */
export function localUrl(
  { host, port }: Omit<TcpAddress, "kind">,
  scheme: "http" | "https" = "http",
): string {
  return `${scheme}://${host === undefined || isAnyAddress(host) ? "127.0.0.1" : bracketed(host)}:${port}`;
}

/** Reports whether a host stands for all addresses of the machine. */
export const isAnyAddress = (host: string): boolean => host === "0.0.0.0" || host === "::";

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);
