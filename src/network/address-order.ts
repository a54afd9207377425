import type { LookupAddress } from "node:dns";
import { networkInterfaces } from "node:os";

/**
 * Orders addresses as getaddrinfo does (RFC 6724, as far as it decides between IP versions): IPv6 first, but behind IPv4
 * where this machine has no IPv6 address to send from. Addresses of one version keep the order of the answer.
 */
export function ordered(addresses: readonly LookupAddress[]): LookupAddress[] {
  // Asking for the interfaces takes longer than the rest of a lookup.
  if (addresses.every(({ family }) => family === addresses[0]?.family)) return [...addresses];
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const sourceFor = (loopback: boolean): boolean =>
    own.some(
      ({ family, internal, address }) =>
        family === "IPv6" && internal === loopback && (loopback || !/^fe[89ab]/iu.test(address)),
    );
  const rank = ({ address, family }: LookupAddress): number =>
    family === 4 ? 1 : sourceFor(address === "::1") ? 0 : 2;
  return addresses
    .map((address) => ({ address, rank: rank(address) }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ address }) => address);
}
