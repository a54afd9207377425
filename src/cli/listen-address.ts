/** Where to listen. Without a host: on all addresses. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** What a listen address looks like, for messages. */
export const LISTEN_ADDRESS_FORM = "HOST:PORT or :PORT, such as :8091, 127.0.0.1:8091 or [::1]:8091";

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; `undefined` when `text` is none of them. Port 0 means any free one. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? "";
  return host === "" ? { port } : { host, port };
}

/** The address under which a person on this machine reaches the listener. */
export function localUrl({ host, port }: ListenAddress, scheme: "http" | "https" = "http"): string {
  const everywhere = host === undefined || host === "0.0.0.0" || host === "::";
  const shown = everywhere ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${shown}:${port}`;
}
