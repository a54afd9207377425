/** An address to listen on; without a host, all addresses of the machine. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** The syntax of a listen address, for messages. */
export const LISTEN_ADDRESS_FORM = "HOST:PORT or :PORT, such as :8091, 127.0.0.1:8091 or [::1]:8091";

/** Parses `HOST:PORT`, `[IPv6]:PORT` or `:PORT`, else returns `undefined`. Port 0 means any free port. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return host === "" ? { port } : { host, port };
}

/** Returns the URL of the listener for clients on this machine. */
export function localUrl({ host, port }: ListenAddress, scheme: "http" | "https" = "http"): string {
  const isAnyAddress = host === undefined || host === "0.0.0.0" || host === "::";
  const hostname = isAnyAddress ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${hostname}:${port}`;
}
