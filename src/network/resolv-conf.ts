import { isIP } from "node:net";

/** The settings of the stub resolver, as resolv.conf(5) describes them. */
export interface ResolvConf {
  /** Addresses of name servers, at most three. */
  readonly servers: readonly string[];
  /** Domains that are appended to names, in order. */
  readonly search: readonly string[];
  /** Names with at least this many dots are first looked up as they are. */
  readonly ndots: number;
  /** Seconds to wait for one answer. */
  readonly timeout: number;
  /** Number of rounds over the servers. */
  readonly attempts: number;
}

/** Limits of the C library: MAXNS, RES_MAXNDOTS, RES_MAXRETRANS, RES_MAXRETRY. */
const MOST = { servers: 3, ndots: 15, timeout: 30, attempts: 5 } as const;

/** Parses `/etc/resolv.conf`. The last `search` or `domain` counts; without a server it is the one of this machine. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: readonly string[] = [];
  const options = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [key, ...values] = line
      .replace(/[#;].*$/u, "")
      .trim()
      .split(/\s+/u);
    const [first] = values;
    if (key === "nameserver" && first !== undefined && isIP(first) !== 0) servers.push(first);
    if (key === "search") search = values.map(domain);
    if (key === "domain" && first !== undefined) search = [domain(first)];
    if (key !== "options") continue;
    for (const option of values) {
      const [, name, value] = /^(\w+):(\d+)$/u.exec(option) ?? [];
      if (name !== undefined) options.set(name, Number(value));
    }
  }
  const bounded = (name: "ndots" | "timeout" | "attempts", fallback: number, least: number): number =>
    Math.min(Math.max(options.get(name) ?? fallback, least), MOST[name]);
  return {
    servers: servers.length === 0 ? ["127.0.0.1"] : servers.slice(0, MOST.servers),
    search: search.filter((each) => each !== ""),
    ndots: bounded("ndots", 1, 0),
    timeout: bounded("timeout", 5, 1),
    attempts: bounded("attempts", 2, 1),
  };
}

const domain = (text: string): string => text.toLowerCase().replace(/\.$/u, "");

/** Returns the names to look up for `name`, in order: the name itself, and the name in each search domain. */
export function searchedNames(
  name: string,
  { search, ndots }: Pick<ResolvConf, "search" | "ndots">,
): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const inDomains = search.map((each) => `${name}.${each}`);
  const dots = name.split(".").length - 1;
  return dots >= ndots ? [name, ...inDomains] : [...inDomains, name];
}
