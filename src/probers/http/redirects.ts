import { followLocation, formatAddress, hasBadEscape } from "../http-address.ts";
import { headerText, valueOf } from "../http-headers.ts";
import { bracketed } from "../ip.ts";
import type { Hop } from "./hop.ts";
import type { ResponseHead } from "./transport/exchange.ts";
import { type Failure, failure } from "./transport/steps.ts";

/** The number of redirects to follow, as in blackbox_exporter. The next one ends the probe. */
export const MOST_REDIRECTS = 10;

/** A redirect that cannot be followed is counted if its location is a URL, such as one of another scheme. */
export type Redirect =
  | { readonly kind: "none" }
  | { readonly kind: "to"; readonly next: Hop }
  | { readonly kind: "impossible"; readonly counts: boolean; readonly failure: Failure };

/**
 * Returns the request to which `response` to `hop` redirects, by the rules of Go's client: 301, 302 and 303 turn every method
 * except HEAD into GET and drop the body; 307 and 308 repeat the request, unless its body cannot be sent again.
 * @param first the request to the target
 */
export function redirectOf(response: ResponseHead, hop: Hop, first: Hop): Redirect {
  const { status } = response;
  const repeats = status === 307 || status === 308;
  if (!repeats && status !== 301 && status !== 302 && status !== 303) return { kind: "none" };
  const location = valueOf(response.headers, "location");
  if (location === undefined || location === "") return { kind: "none" };
  if (repeats && first.payload?.streamed === true) return { kind: "none" };

  const followed = followLocation(hop.address, headerText(location));
  if (followed === undefined) {
    return {
      kind: "impossible",
      counts: URL.canParse(location, formatAddress(hop.address)) && !hasBadEscape(location),
      failure: failure("redirect", `cannot follow a redirect to ${location}`),
    };
  }
  const { to, relative } = followed;
  const sameOrigin =
    to.tls === first.address.tls &&
    to.port === first.address.port &&
    (to.host.toLowerCase() === first.address.host.toLowerCase() || to.host === first.ip);
  return {
    kind: "to",
    next: {
      address: to,
      trusted: relative && hop.trusted,
      ip: relative ? hop.ip : undefined,
      authority: relative ? hop.authority : to.authority,
      host: relative ? hop.host : to.authority,
      foreignHost: relative && hop.foreignHost,
      own: hop.own && (relative || sameOrigin),
      atTarget: relative ? hop.atTarget : sameOrigin,
      bodyDropped: hop.bodyDropped || !repeats,
      method: repeats || hop.method === "HEAD" ? hop.method : "GET",
      payload: repeats ? hop.payload : undefined,
      referer: hop.address.tls && !to.tls ? undefined : formatAddress(hop.address, hop.authority),
    },
  };
}

/** Returns `authority` with its host replaced by `ip`. */
export const authorityOfIp = (ip: string, authority: string): string =>
  bracketed(ip) + (/:\d+$/.exec(authority.replace(/^\[[^\]]*\]/, ""))?.[0] ?? "");
