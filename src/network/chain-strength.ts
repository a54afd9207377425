import { type KeyObject, X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import { createBoundedCache } from "../core/bounded-cache.ts";

/**
 * Returns the reason why Go would not verify a chain that OpenSSL has verified, or `undefined`. OpenSSL's own limits are off,
 * because they end the handshake, and refuse what Go accepts: RSA keys of 1024 bits. As in Go, a certificate that the
 * operator trusts may be signed in any way.
 * @param sent the certificates that the server sent, its own first
 * @param now Unix seconds
 */
export function weaknessOf(
  sent: readonly X509Certificate[],
  trust: SecureContextOptions,
  now: number,
): string | undefined {
  const { byName, fingerprints, areStrong } = anchorsOf(trust);
  const found = sent.map((each) => (fingerprints.has(each.fingerprint256) ? undefined : faultOf(each)));
  // Nearly always. A chain of strong certificates alone needs no second search.
  if (areStrong && found.every((fault) => fault === undefined)) return undefined;
  const [leaf] = sent;
  if (leaf === undefined || isStrongChain(leaf, [], { sent, anchors: byName, now })) return undefined;
  const fault = found.find((each) => each !== undefined) ?? "a trusted certificate has a weak key";
  return `its chain is too weak: ${fault}`;
}

interface Search {
  readonly sent: readonly X509Certificate[];
  readonly anchors: Anchors["byName"];
  readonly now: number;
}

/** Longest chain that is searched for; real ones have three or four certificates. */
const LONGEST_CHAIN = 8;

/** Reports whether a chain of valid certificates, each signed with a strong algorithm and key, leads to a trusted one. */
function isStrongChain(
  certificate: X509Certificate,
  below: readonly X509Certificate[],
  search: Search,
): boolean {
  const { sent, anchors, now } = search;
  const isTrusted = (each: X509Certificate): boolean =>
    anchors.get(each.subject)?.some(({ raw }) => raw.equals(each.raw)) ?? false;
  if (!isCurrent(certificate, now) || !isStrongKey(certificate.publicKey)) return false;
  if (isTrusted(certificate)) return true;
  if (!isStrongSignature(certificate) || below.length >= LONGEST_CHAIN) return false;
  const isSigner = (issuer: X509Certificate): boolean =>
    certificate.checkIssued(issuer) && isStrongKey(issuer.publicKey) && certificate.verify(issuer.publicKey);
  const trusted = anchors.get(certificate.issuer) ?? [];
  if (trusted.some((anchor) => isCurrent(anchor, now) && isSigner(anchor))) return true;
  return sent.some(
    (issuer) =>
      issuer !== certificate &&
      issuer.ca &&
      !below.includes(issuer) &&
      isSigner(issuer) &&
      isStrongChain(issuer, [...below, certificate], search),
  );
}

const isCurrent = ({ validFromDate, validToDate }: X509Certificate, now: number): boolean =>
  validFromDate.getTime() / 1000 <= now && now <= validToDate.getTime() / 1000;

/** Faults of certificates by fingerprint. Decoding a key takes as long as a good part of a probe. */
const faults = createBoundedCache<string | undefined>(2000);

const faultOf = (certificate: X509Certificate): string | undefined =>
  faults.get(certificate.fingerprint256, () => {
    const subject = JSON.stringify(certificate.subject.replaceAll("\n", ", "));
    if (!isStrongKey(certificate.publicKey))
      return `the key of ${subject} is shorter than 1024 bits or of an unknown kind`;
    if (isStrongSignature(certificate)) return undefined;
    return `${subject} is signed with an insecure algorithm, such as SHA-1`;
  });

/** Curves of Go's crypto/x509. */
const CURVES: ReadonlySet<string> = new Set(["secp224r1", "prime256v1", "secp384r1", "secp521r1"]);

/** Reports whether Go verifies signatures of a key. Its limit for RSA is 1024 bits since Go 1.24. */
function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (asymmetricKeyType === "rsa") return (details?.modulusLength ?? 0) >= 1024;
  if (asymmetricKeyType === "ec") return CURVES.has(details?.namedCurve ?? "");
  return asymmetricKeyType === "ed25519";
}

/** Signature algorithms that Go verifies, as the DER of their object identifiers, in hexadecimal. */
const SIGNATURES = [
  "06092a864886f70d01010b", // RSA with SHA-256
  "06092a864886f70d01010c",
  "06092a864886f70d01010d", // RSA with SHA-512
  "06082a8648ce3d040302", // ECDSA with SHA-256
  "06082a8648ce3d040303",
  "06082a8648ce3d040304", // ECDSA with SHA-512
  "06032b6570", // Ed25519
];

/** RSA-PSS, whose parameters name the hash. */
const PSS = "06092a864886f70d01010a";
const SHA2 = /06096086480165030402(?:01|02|03)/;

function isStrongSignature({ raw }: X509Certificate): boolean {
  const algorithm = signatureAlgorithmOf(raw);
  if (algorithm.startsWith(PSS)) return SHA2.test(algorithm);
  return SIGNATURES.some((oid) => algorithm.startsWith(oid));
}

/** Returns the content of `signatureAlgorithm` (RFC 5280, 4.1): the second element of a certificate. */
function signatureAlgorithmOf(der: Buffer): string {
  const [certificateAt] = contentAt(der, 0);
  const [, bodyEnd] = contentAt(der, certificateAt);
  return der.subarray(...contentAt(der, bodyEnd)).toString("hex");
}

/** Returns the range of the content of the DER element at `start`. */
function contentAt(der: Buffer, start: number): [from: number, end: number] {
  const first = der[start + 1] ?? 0;
  const size = first > 0x80 ? first & 0x7f : 0;
  const from = start + 2 + size;
  return [from, from + (size === 0 ? first : der.readUIntBE(start + 2, size))];
}

/** The certificates that the operator trusts. */
export interface Anchors {
  /** By subject, as `X509Certificate` renders it. */
  readonly byName: ReadonlyMap<string, readonly X509Certificate[]>;
  readonly fingerprints: ReadonlySet<string>;
  readonly areStrong: boolean;
}

const anchorsByTrust = new WeakMap<SecureContextOptions, Anchors>();
const PEM = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*-----END [^-]*-----/g;

/** Returns the trusted certificates in `trust.ca`, the same object for the same `trust`. */
export function anchorsOf(trust: SecureContextOptions): Anchors {
  const cached = anchorsByTrust.get(trust);
  if (cached !== undefined) return cached;
  const all = [trust.ca ?? []]
    .flat()
    .flatMap((text) => [...String(text).matchAll(PEM)].map(([pem]) => new X509Certificate(pem)));
  const anchors = {
    byName: Map.groupBy(all, ({ subject }) => subject),
    fingerprints: new Set(all.map(({ fingerprint256 }) => fingerprint256)),
    areStrong: all.every(({ publicKey }) => isStrongKey(publicKey)),
  };
  anchorsByTrust.set(trust, anchors);
  return anchors;
}
