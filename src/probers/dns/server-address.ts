import { splitHostPort } from "../host-port.ts";
import { withoutBrackets } from "../ip.ts";

/** The address of a name server. */
export interface ServerAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** `undefined` if what is written is no port. */
  readonly port: number | undefined;
}

/** Ports that may be written by name. */
const SERVICES: Readonly<Record<string, number>> = { domain: 53, "domain-s": 853 };

/**
 * Parses a target: a host or an address, with or without a port. As in blackbox_exporter, what Go's `net.SplitHostPort` does
 * not accept is a host as a whole, such as an IPv6 address without brackets; brackets without a port are accepted too.
 */
export function parseServerAddress(target: string, defaultPort: number): ServerAddress {
  const split = splitHostPort(target);
  if (typeof split === "string") return { host: withoutBrackets(target), port: defaultPort };
  return { host: split.host, port: portOf(split.port) };
}

function portOf(text: string): number | undefined {
  if (Object.hasOwn(SERVICES, text)) return SERVICES[text];
  return /^\d{1,9}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}
