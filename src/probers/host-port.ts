/** Host and port of an address, as written. */
export interface HostPort {
  /** Without brackets; may be empty. */
  readonly host: string;
  /** A number or the name of a service; may be empty. */
  readonly port: string;
}

/**
 * Splits `host:port` or `[host]:port` by the rules of Go's `net.SplitHostPort`, as blackbox_exporter does.
 * @returns what is wrong, if the address has another form
 */
export function splitHostPort(address: string): HostPort | string {
  const colon = address.lastIndexOf(":");
  if (colon === -1) return wrong(address, "it has no port");
  const end = address.startsWith("[") ? address.indexOf("]") : undefined;
  if (end === -1) return wrong(address, "it has no closing bracket");
  if (end === undefined ? address.indexOf(":") !== colon : address[end + 1] === ":" && end + 1 !== colon)
    return wrong(address, "it has too many colons; an IPv6 address needs brackets");
  if (end !== undefined && end + 1 !== colon) return wrong(address, "it has no port");
  const host = end === undefined ? address.slice(0, colon) : address.slice(1, end);
  const port = address.slice(colon + 1);
  if (/[[\]]/.test(end === undefined ? address : host + port))
    return wrong(address, "it has a bracket in the wrong place");
  return { host, port };
}

const wrong = (address: string, problem: string): string =>
  `want an address such as db.example.com:5432, got ${JSON.stringify(address)}: ${problem}`;

/** Services with the ports that Go knows by itself, for machines without /etc/services. */
export const COMMON_SERVICES: ReadonlyMap<string, number> = new Map([
  ["domain", 53],
  ["ftp", 21],
  ["ftps", 990],
  ["gopher", 70],
  ["http", 80],
  ["https", 443],
  ["imap2", 143],
  ["imap3", 220],
  ["imaps", 993],
  ["pop3", 110],
  ["pop3s", 995],
  ["smtp", 25],
  ["submissions", 465],
  ["ssh", 22],
  ["telnet", 23],
]);

/** Parses the TCP services in the text of /etc/services, with their aliases. The first entry of a name counts. */
export function parseServices(text: string): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, end, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, port] = /^(\d+)\/tcp$/.exec(end ?? "") ?? [];
    if (port === undefined) continue;
    for (const each of [name ?? "", ...aliases]) if (!ports.has(each)) ports.set(each, Number(port));
  }
  return ports;
}

/**
 * Parses the port of an address by the rules of Go: a decimal number, with or without a sign; nothing is 0.
 * @returns `undefined` for the name of a service. The number may be out of range.
 */
export function parsePort(port: string): number | undefined {
  if (port === "") return 0;
  return /^[+-]?\d*$/.test(port)
    ? Number(`${port.startsWith("-") ? "-" : ""}${port.replace(/^[+-]/, "") || 0}`)
    : undefined;
}

/** Reports whether a connection can be made to a port, or tried: port 0 is refused by every machine. */
export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;
