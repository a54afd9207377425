import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** The token of `Authorization: Bearer TOKEN`. */
export const bearerOf = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];

/** Compares digests, so that neither length nor content can be learned from the time it takes. */
export const sameSecret = (given: string, wanted: string): boolean =>
  timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** For this long a token is not looked up again: thousands may show the same one. */
const FRESH = seconds(1);

/**
 * Compares tokens that come in often. A token that was right just now is recognised at once; for any other the secret
 * is looked up, so that a new one holds from its first use on.
 */
export function createTokenCheck(
  clock: Clock,
): (given: string, secret: Secret) => boolean | Promise<boolean> {
  const known = new WeakMap<Secret, { readonly digest: Buffer; readonly at: Seconds }>();
  return (given, secret) => {
    const shown = digest(given);
    const last = known.get(secret);
    if (last !== undefined && clock.monotonic() - last.at < FRESH && timingSafeEqual(shown, last.digest)) {
      return true;
    }
    return secret.reveal().then((wanted) => {
      const current = { digest: digest(wanted), at: clock.monotonic() };
      known.set(secret, current);
      return timingSafeEqual(shown, current.digest);
    });
  };
}
