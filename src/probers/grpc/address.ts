import { parseAddress } from "../http-address.ts";
import { bracketed } from "../ip.ts";

/** A server of gRPC. */
export interface GrpcAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Host and port as written, for `:authority`. */
  readonly authority: string;
}

/**
 * Parses a target: a host with or without a port. As in blackbox_exporter, `http://` or `https://` before it and a path after
 * it have no meaning.
 * @param secure whether the default port is that of TLS
 * @returns the error as a text if it is not such an address
 */
export function parseGrpcAddress(target: string, secure: boolean): GrpcAddress | string {
  const address = parseAddress(target);
  if (typeof address === "string") return address;
  const { host, authority } = address;
  const hasPort = authority !== bracketed(host);
  const port = hasPort ? address.port : secure ? 443 : 80;
  return { host, port, authority: `${bracketed(host)}:${port}` };
}

/** Returns true if a target names another scheme than HTTP, which blackbox_exporter takes for a host. */
export const hasOtherScheme = (target: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(target) && !/^https?:\/\//i.test(target);
