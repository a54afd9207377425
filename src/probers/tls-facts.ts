import type { X509Certificate } from "node:crypto";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { createBoundedCache } from "../core/bounded-cache.ts";
import { anchorsOf } from "../network/chain-strength.ts";
import { type Group, groupNamed } from "../network/key-shares.ts";
import { distinguishedNames } from "./distinguished-name.ts";
import { isIP } from "./ip.ts";

/** The server's part of a completed TLS handshake. */
export interface Handshake {
  /** Protocol version as Node.js names it. */
  readonly protocol: string;
  readonly cipher: string;
  /** Group of the key exchange; `undefined` if it is not one that can be offered, or there was none. */
  readonly group: Group | undefined;
  /** The certificates in the order in which the server sent them, its own first. */
  readonly sent: readonly X509Certificate[];
}

/** Facts of a TLS handshake about the server, named as in blackbox_exporter's labels. */
export interface PeerFacts {
  readonly version: string;
  readonly cipher: string;
  readonly group: Group | undefined;
  readonly certificate: CertificateFacts;
}

/** Facts of the server's certificates. */
export interface CertificateFacts {
  /** Earliest expiry among the certificates that the server sent, in Unix seconds. */
  readonly earliestExpiry: number;
  /** Expiry of the verified chain that expires last, in Unix seconds; Go's zero time without verification, undefined if it failed. */
  readonly lastChainExpiry: number | undefined;
  readonly labels: Readonly<
    Record<"fingerprint_sha256" | "subject" | "issuer" | "subjectalternative" | "serialnumber", string>
  >;
}

const VERSIONS: Readonly<Record<string, string>> = {
  TLSv1: "TLS 1.0",
  "TLSv1.1": "TLS 1.1",
  "TLSv1.2": "TLS 1.2",
  "TLSv1.3": "TLS 1.3",
};

/** The result of verifying the certificates. */
export type Verification =
  | { readonly kind: "skipped" | "failed" }
  | { readonly kind: "passed"; readonly trust: SecureContextOptions; readonly now: number };

/** `time.Time{}.Unix()`, which blackbox_exporter exports without verification. */
const GO_ZERO_TIME = -62_135_596_800;

/** Returns the server's part of the handshake of `socket`, which must be open. */
export const handshakeOf = (
  socket: TLSSocket,
  sent: readonly X509Certificate[] = sentCertificates(socket),
): Handshake => ({
  protocol: socket.getProtocol() ?? "",
  cipher: socket.getCipher().standardName,
  group: groupOf(socket),
  sent,
});

/** Returns the group of the key exchange of an open client `socket`. */
export function groupOf(socket: TLSSocket): Group | undefined {
  const key = socket.getEphemeralKeyInfo();
  return key !== null && "name" in key && typeof key.name === "string" ? groupNamed(key.name) : undefined;
}

/** Returns the facts of a completed handshake; undefined if the server sent no certificate. */
export function peerFacts(
  { protocol, cipher, group, sent }: Handshake,
  verification: Verification,
): PeerFacts | undefined {
  const [leaf] = sent;
  if (leaf === undefined) return undefined;
  const earliestExpiry = Math.min(...sent.map(expiryOf));
  return {
    version: VERSIONS[protocol] ?? "unknown",
    cipher,
    group,
    certificate: {
      earliestExpiry,
      lastChainExpiry: chainExpiry(sent, verification, earliestExpiry),
      labels: labelsOf(leaf),
    },
  };
}

function chainExpiry(
  sent: readonly X509Certificate[],
  verification: Verification,
  earliest: number,
): number | undefined {
  switch (verification.kind) {
    case "skipped":
      return GO_ZERO_TIME;
    case "failed":
      return undefined;
    case "passed":
      return lastChainExpiry(sent, verification.trust, verification.now) ?? earliest;
  }
}

/** Returns the certificates of an open `socket`, the server's own first. To be called once: Node.js may not return them again. */
export function sentCertificates(socket: TLSSocket): readonly X509Certificate[] {
  const sent: X509Certificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate)
    sent.push(next);
  return sent;
}

/**
 * Returns true if a certificate is valid for `host` by Go's rules: only subject alternative names count, never the common name,
 * and a wildcard matches one whole label.
 */
export function isIssuedFor(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  return certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined;
}

/** Labels by the fingerprint of their certificate. A target sends the same certificate for weeks. */
const knownLabels = createBoundedCache<CertificateFacts["labels"]>(2000);

const labelsOf = (leaf: X509Certificate): CertificateFacts["labels"] =>
  knownLabels.get(leaf.fingerprint256, () => ({
    fingerprint_sha256: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    ...distinguishedNames(leaf.raw),
    subjectalternative: dnsNames(leaf).join(","),
    serialnumber: leaf.serialNumber.toLowerCase(),
  }));

/** Returns the DNS names among the subject alternative names. Node.js formats unusual ones as JSON strings. */
export function dnsNames(certificate: X509Certificate): string[] {
  const text = certificate.subjectAltName ?? "";
  return [...text.matchAll(/(?:^|, )DNS:("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name = ""]) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
}

/** Longest chain that is searched for; real ones have three or four certificates. */
const LONGEST_CHAIN = 8;

/**
 * Returns the expiry of the verified chain that expires last. A chain leads from the leaf through the certificates `sent` to a
 * trusted one, and expires with its first certificate. Node.js does not expose the chains that OpenSSL has verified, so they
 * are searched for as in Go; a cross-signed certificate has more than one.
 * @returns Unix seconds, or `undefined` if no chain is complete
 */
function lastChainExpiry(
  sent: readonly X509Certificate[],
  trust: SecureContextOptions,
  now: number,
): number | undefined {
  const [leaf] = sent;
  if (leaf === undefined) return undefined;
  const anchors = anchorsOf(trust).byName;
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

/** Returns `notAfter` in Unix seconds. */
const expiryOf = (certificate: X509Certificate): number => certificate.validToDate.getTime() / 1000;
