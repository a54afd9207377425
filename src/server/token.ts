import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { Secret } from "../core/secret.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Returns the token of `Authorization: Bearer TOKEN`. */
export const bearerOf = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];

/** Compares secrets by their digests, in a time that depends on neither length nor content. */
export const sameSecret = (given: string, wanted: string): boolean =>
  timingSafeEqual(digest(given), digest(wanted));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Time for which a token passes without revealing its secret again. Thousands of clients may use the same one. */
const FRESH = seconds(1);

/**
 * Creates a check for tokens of frequent requests. A token that was right within the last second passes synchronously;
 * for any other the secret is revealed, so that a replaced secret takes effect at its first use.
 */
export function createTokenCheck(
  clock: Clock,
): (given: string, secret: Secret) => boolean | Promise<boolean> {
  const matched = new WeakMap<Secret, { readonly digest: Buffer; readonly at: Seconds }>();
  return (given, secret) => {
    const presented = digest(given);
    const last = matched.get(secret);
    if (
      last !== undefined &&
      clock.monotonic() - last.at < FRESH &&
      timingSafeEqual(presented, last.digest)
    ) {
      return true;
    }
    return secret.reveal().then((wanted) => {
      const current = { digest: digest(wanted), at: clock.monotonic() };
      matched.set(secret, current);
      return timingSafeEqual(presented, current.digest);
    });
  };
}
