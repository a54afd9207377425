import type { LookupAddress, LookupAllOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import {
  ForbiddenAddressError,
  type IpPreference,
  type NetworkFailure,
  networkFailure,
  type Resolution,
} from "../../core/network.ts";
import { processResolver } from "../../network/process-resolver.ts";
import { codeOf, describeError } from "../errors.ts";
import { hashAddress, isIP, versionOf, withoutBrackets } from "../ip.ts";

/** The part of `dns.lookup` that the exporter uses. */
export type SystemLookup = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** The exporter's own resolver. `dns.lookup` would keep one of four threads for each name whose servers hang. */
export const ownLookup: SystemLookup = (host, options, done) =>
  processResolver.lookup(host, options, (error, addresses) =>
    done(error, Array.isArray(addresses) ? addresses : []),
  );

/** Resolves a name. A lookup cannot be cancelled, so it is abandoned at the deadline; it keeps no other one waiting. */
export function lookupAll(
  host: string,
  signal: AbortSignal,
  resolver: SystemLookup,
): Promise<readonly string[] | NetworkFailure> {
  if (host === "") return Promise.resolve(networkFailure("dns", "the address has no host"));
  return new Promise((resolve) => {
    const abandon = (): void =>
      resolve(networkFailure("dns", `the resolver did not answer for ${host} before the deadline`));
    if (signal.aborted) return abandon();
    signal.addEventListener("abort", abandon);
    resolver(host, { all: true, order: "verbatim" }, (error, addresses) => {
      signal.removeEventListener("abort", abandon);
      if (error === null) return resolve(addresses.map(({ address }) => address));
      const unknown = codeOf(error) === "ENOTFOUND";
      resolve(networkFailure("dns", unknown ? `${host} is unknown to the resolver` : describeError(error)));
    });
  });
}

/**
 * Chooses one address as blackbox_exporter does: the first one of the preferred version; without one, if the fallback is
 * allowed, the last one of the other version. Returns an empty list if there is none.
 */
export function chooseAddress(
  addresses: readonly string[],
  { preferred, fallback }: IpPreference,
): readonly string[] {
  const first = addresses.find((ip) => versionOf(ip) === preferred);
  if (first !== undefined) return [first];
  return fallback ? addresses.slice(-1) : [];
}

/** Returns the facts about a resolution that took `seconds` and led to `ip`. */
export const resolutionOf = (seconds: number, ip?: string): Resolution =>
  ip === undefined
    ? { seconds, protocol: 0, hash: 0 }
    : { seconds, protocol: versionOf(ip), hash: hashAddress(ip) };

/** Makes a lookup function that returns `addresses` for `host`, and refuses other names. */
export const pinnedLookup =
  (host: string, addresses: readonly [string, ...string[]]): LookupFunction =>
  (hostname, { all, family }, done) => {
    if (withoutBrackets(hostname).toLowerCase() !== host.toLowerCase())
      return done(new ForbiddenAddressError(`${hostname} is not the host that was checked, ${host}`), []);
    const every = addresses.map((address) => ({ address, family: isIP(address) }));
    const wanted = family === 4 || family === 6 ? every.filter((one) => one.family === family) : every;
    const [first] = wanted;
    if (first === undefined) return done(new Error(`${host} has no IPv${family} address`), []);
    return all === true ? done(null, wanted) : done(null, first.address, first.family);
  };

/** Makes a lookup function that resolves names when it is called, and leaves out the addresses that `refuses` refuses. */
export const guardedLookup =
  (refuses: (ip: string) => string | undefined, resolver: SystemLookup): LookupFunction =>
  (hostname, options, done) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const refusals = addresses.map(({ address }) => refuses(address));
      const allowed = addresses.filter((_, i) => refusals[i] === undefined);
      const [first] = allowed;
      if (first === undefined)
        return done(new ForbiddenAddressError(refusals[0] ?? `${hostname} has no address`), []);
      return options.all === true ? done(null, allowed) : done(null, first.address, first.family);
    });
  };
