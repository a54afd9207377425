import { X509Certificate } from "node:crypto";
import {
  checkServerIdentity,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContextOptions,
} from "node:tls";
import { systemClock } from "../core/clock.ts";
import { weaknessOf } from "./chain-strength.ts";

/** The error of a chain that is too weak. Its code is of the form of OpenSSL's, by which failures are classified. */
class WeakChainError extends Error {
  override readonly name = "WeakChainError";
  readonly code = "ERR_TLS_CERT_CHAIN_WEAK";
}

/** Makes the last check of a verified certificate: its names, as Node.js checks them, and the strength of its chain. */
export const identityCheck =
  (trust: SecureContextOptions) =>
  (host: string, peer: PeerCertificate): Error | undefined => {
    const misnamed = checkServerIdentity(host, peer);
    if (misnamed !== undefined) return misnamed;
    const weakness = weaknessOf(chainOf(peer), trust, systemClock.now());
    return weakness === undefined
      ? undefined
      : new WeakChainError(`the certificate is not valid: ${weakness}`);
  };

/** Returns the chain from a server's certificate to a root, which Node.js presents as its own issuer. */
function chainOf(peer: PeerCertificate | DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: PeerCertificate | DetailedPeerCertificate | undefined = peer;
  while (next !== undefined) {
    chain.push(new X509Certificate(next.raw));
    const issuer: DetailedPeerCertificate | undefined =
      "issuerCertificate" in next ? next.issuerCertificate : undefined;
    next = issuer === next ? undefined : issuer;
  }
  return chain;
}
