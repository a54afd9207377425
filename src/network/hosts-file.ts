import { isIP } from "node:net";

/** The addresses of each name of a hosts file, the names in lower case. */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/** Parses `/etc/hosts`. Lines without a valid address are skipped, as the C library skips them. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*$/u, "").trim().split(/\s+/u);
    if (isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase().replace(/\.$/u, ""))) {
      const known = hosts.get(name) ?? [];
      if (!known.includes(address)) hosts.set(name, [...known, address]);
    }
  }
  return hosts;
}
