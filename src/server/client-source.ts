import { isIPv6 } from "node:net";

/** Groups of 16 bits in the part of an IPv6 address that a provider gives to one customer. */
const NETWORK_GROUPS = 4;

/**
 * Returns the part of a client's address that stands for one client: all of an IPv4 address, and the first 64 bits of an IPv6
 * address, because a client has all addresses behind them.
 * @param address `undefined` for a unix socket, whose clients are one
 */
export function clientSource(address: string | undefined): string {
  if (address === undefined) return "unix socket";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.replace(/%.*$/u, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  // `::` stands for as many zeros as are missing. An IPv4 address at the end counts as two groups.
  const after = tail === undefined || tail === "" ? 0 : tail.split(":").length + (tail.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after);
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...(tail ?? "").split(":")];
  const network = all.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
