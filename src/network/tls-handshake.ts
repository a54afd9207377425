import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/**
 * The handshake that Go's client offers, so that a server is reached here if and only if it is reached by blackbox_exporter
 * and other clients in Go. It is narrower than OpenSSL's default in ciphers (keys are exchanged on elliptic curves only), groups
 * and signatures, and wider for old servers: those without secure renegotiation (RFC 5746), with short keys, or with SHA-1
 * signatures in the handshake of TLS 1.2. Security level 0 turns OpenSSL's limits off, which also apply to client
 * certificates; `weaknessOf` (chain-strength.ts) verifies chains by Go's rules after the handshake.
 */
export const HANDSHAKE = {
  ciphers: [
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA",
    "@SECLEVEL=0",
  ].join(":"),
  sigalgs: [
    "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ed25519:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512",
    "rsa_pkcs1_sha1:ecdsa_sha1",
  ].join(":"),
  secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;
