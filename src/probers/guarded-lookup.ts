import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";

/** Why an address may not be connected to; `undefined` when it may. */
export type RefusesAddress = (ip: string) => string | undefined;

/** Thrown into a connection whose name only resolves to addresses that may not be probed. */
export class ForbiddenAddressError extends Error {
  override readonly name = "ForbiddenAddressError";
}

/** Resolves as the system does and leaves out what is refused, so that no name leads where no address may. */
export const guardedLookup =
  (refuses: RefusesAddress): LookupFunction =>
  (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => refuses(address) === undefined);
      const [first] = allowed;
      if (first !== undefined) {
        return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
      }
      const refused = addresses.map(({ address }) => refuses(address));
      return callback(new ForbiddenAddressError(refused[0] ?? `${hostname} has no address`), []);
    });
  };
