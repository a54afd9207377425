import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import { codeOf, describeError, type Failure, failure, type Guard } from "./steps.ts";
import type { Resolution } from "./trace.ts";

/** Which IP version to take. */
export interface IpPreference {
  readonly preferred: 4 | 6;
  readonly fallback: boolean;
}

/** The one address that will be probed, and how it was found. */
export interface ResolvedAddress {
  readonly ok: true;
  readonly ip: string;
  readonly resolution: Resolution;
}

/**
 * Chooses the target's address as blackbox_exporter does: the first one of the preferred version; failing that, if
 * the fallback is allowed, the last one of the other. There is no second attempt with another address.
 */
export async function resolveTarget(
  host: string,
  { preferred, fallback }: IpPreference,
  guard: Guard,
): Promise<ResolvedAddress | (Failure & { resolution: Resolution })> {
  const start = guard.clock.monotonic();
  const found = await lookupAll(host, guard);
  const seconds = guard.clock.monotonic() - start;
  if ("ok" in found) return { ...found, resolution: { seconds, protocol: 0, hash: 0 } };
  const chosen =
    found.find(({ family }) => family === preferred) ?? (fallback ? found[found.length - 1] : undefined);
  if (chosen === undefined) {
    const detail = `${host} has no IPv${preferred} address and ip_protocol_fallback is off`;
    return { ...failure("dns", detail), resolution: { seconds, protocol: 0, hash: 0 } };
  }
  const { address, family } = chosen;
  return {
    ok: true,
    ip: address,
    resolution: { seconds, protocol: family === 4 ? 4 : 6, hash: hashAddress(address) },
  };
}

/** An IPv4-mapped IPv6 address is IPv4, as in Go. */
const literal = (ip: string): LookupAddress[] => [
  { address: ip, family: addressBytes(ip).length === 4 ? 4 : 6 },
];

/** Every address of a host: itself, or those of a name in the system's order. `getaddrinfo` cannot be cancelled, so it is left behind at the deadline. */
export function lookupAll(host: string, guard: Guard): Promise<LookupAddress[] | Failure> {
  if (isIP(host) !== 0) return Promise.resolve(literal(host));
  if (host === "") return Promise.resolve(failure("dns", "the address has no host"));
  return new Promise((resolve) => {
    guard.cut = () =>
      resolve(failure("dns", `no answer about ${host} from the resolver before the deadline`));
    if (guard.signal.aborted) return guard.cut();
    lookup(host, { all: true, order: "verbatim" }, (error, addresses) => {
      if (error === null) return resolve(addresses);
      const unknown = codeOf(error) === "ENOTFOUND";
      resolve(failure("dns", unknown ? `${host} is unknown to the resolver` : describeError(error)));
    });
  });
}

/** The 4 bytes of an IPv4 address (an IPv4-mapped one as well) or the 16 of an IPv6 one. */
export function addressBytes(ip: string): readonly number[] {
  if (isIP(ip) === 4) return ip.split(".").map(Number);
  const text = ip.includes("%") ? ip.slice(0, ip.indexOf("%")) : ip;
  const [head = "", tail] = text.split("::");
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const bytes = [...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back];
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** FNV-32a of the bytes of an address, as in blackbox_exporter. */
export function hashAddress(ip: string): number {
  let hash = 0x811c9dc5;
  for (const byte of addressBytes(ip)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
