import { X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/** Longer chains are not looked for; real ones have three or four certificates. */
const LONGEST_CHAIN = 8;

const anchorsOf = new WeakMap<SecureContextOptions, ReadonlyMap<string, readonly X509Certificate[]>>();

/**
 * When the verified chain that lasts longest expires: of all ways from the leaf over the certificates `sent` to one
 * that is trusted, the one whose first certificate to expire does so last. Node.js does not tell which chains OpenSSL
 * has verified, so they are found again, as Go finds them: a cross-signed certificate gives more than one.
 * @returns Unix seconds, or `undefined` when no chain is complete
 */
export function lastChainExpiry(
  sent: readonly X509Certificate[],
  trust: SecureContextOptions,
  now: number,
): number | undefined {
  const [leaf] = sent;
  if (leaf === undefined) return undefined;
  const anchors = trustAnchors(trust);
  let best: number | undefined;
  const walk = (certificate: X509Certificate, chain: readonly X509Certificate[], earliest: number): void => {
    const expiry = Math.min(earliest, expiryOf(certificate));
    if (expiry < now || (best !== undefined && expiry <= best)) return;
    const issuers = anchors.get(certificate.issuer) ?? [];
    if (anchors.get(certificate.subject)?.some((anchor) => anchor.raw.equals(certificate.raw))) best = expiry;
    for (const anchor of issuers) {
      const end = Math.min(expiry, expiryOf(anchor));
      if (end >= now && (best === undefined || end > best) && certificate.checkIssued(anchor)) best = end;
    }
    if (chain.length >= LONGEST_CHAIN) return;
    for (const issuer of sent) {
      if (chain.includes(issuer) || issuer === certificate || !certificate.checkIssued(issuer)) continue;
      walk(issuer, [...chain, certificate], expiry);
    }
  };
  walk(leaf, [], Number.POSITIVE_INFINITY);
  return best;
}

/** `notAfter` as Unix seconds. */
export const expiryOf = (certificate: X509Certificate): number => certificate.validToDate.getTime() / 1000;

function trustAnchors(trust: SecureContextOptions): ReadonlyMap<string, readonly X509Certificate[]> {
  const known = anchorsOf.get(trust);
  if (known !== undefined) return known;
  const anchors = new Map<string, X509Certificate[]>();
  for (const text of [trust.ca ?? []].flat()) {
    for (const [pem] of String(text).matchAll(
      /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*-----END [^-]*-----/g,
    )) {
      const anchor = new X509Certificate(pem);
      anchors.set(anchor.subject, [...(anchors.get(anchor.subject) ?? []), anchor]);
    }
  }
  anchorsOf.set(trust, anchors);
  return anchors;
}
