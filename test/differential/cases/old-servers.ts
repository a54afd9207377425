import type { Case, Verdict } from "../case.ts";
import type { oldServers } from "../targets/old-servers.ts";
import { oldCertificates } from "../targets/old-servers.ts";
import { facts, refusedCertificate, trusting } from "./trust.ts";

type Name = keyof typeof oldServers;

/** The verdict on a server: with verification, without it, and both again with TLS 1.0 as the minimum. */
export type Row = readonly [
  at: Name,
  verified: Verdict | "refused",
  skipped: Verdict,
  old?: readonly [Verdict | "refused", Verdict],
];

/** `refused`: the handshake is made, and the certificate refused. */
export const oldServerRows: readonly Row[] = [
  ["rsa1024", "success", "success"],
  ["rsa1024Tls12", "success", "success"],
  ["rsa1024Alone", "refused", "success"],
  ["rsa2048", "success", "success"],
  ["rsa512", "failure", "failure"],
  ["belowRsa1024", "success", "success"],
  ["sha1", "refused", "success"],
  ["sha1OfRsa", "refused", "success"],
  ["belowSha1", "refused", "success"],
  ["sha1Alone", "refused", "success"],
  ["sha1AboveRoot", "success", "success"],
  ["md5", "refused", "success"],
  ["p224", "failure", "failure"],
  ["p521", "success", "success"],
  ["secp256k1", "failure", "failure"],
  ["ed25519", "success", "success"],
  ["noRenegotiationInfo", "success", "success"],
  ["noRenegotiationInfoRsa1024", "success", "success"],
  ["renegotiationInfo", "success", "success"],
  ["sha1Handshake", "success", "success"],
  ["sha1HandshakeOld", "success", "success"],
  ["sha1Only", "success", "success"],
  ["abruptEnd", "success", "success"],
  ["rsaTls10", "failure", "failure", ["success", "success"]],
  ["rsaTls11", "failure", "failure", ["success", "success"]],
  ["sha1Tls10", "failure", "failure", ["refused", "success"]],
  ["ecdheCbc", "success", "success"],
  ["ecdheCbc256", "success", "success"],
  ["ecdheCbcSha256", "failure", "failure"],
  ["ecdheCbcSha384", "failure", "failure"],
  ["chacha", "success", "success"],
  ["rsaExchange", "failure", "failure"],
  ["rsaExchangeGcm", "failure", "failure"],
  ["dhe", "failure", "failure"],
  ["dheCbc", "failure", "failure"],
  ["p256Only", "success", "success"],
  ["p521Only", "success", "success"],
  ["x448Only", "failure", "failure"],
];

const words = (name: Name): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`);

function caseOf(at: Name, how: string, verdict: Verdict | "refused", http: Case["http"]): Case {
  const name = `${words(at)}, ${how}`;
  const refused = verdict === "refused";
  return {
    name,
    at,
    verdict: refused ? "failure" : verdict,
    ...(http === undefined ? {} : { http }),
    ...(refused ? refusedCertificate : {}),
  };
}

/** Servers with old certificates and handshakes. */
export const oldServerCases: readonly Case[] = [
  ...oldServerRows.flatMap(([at, verified, skipped, old = [verified, skipped]]) => [
    caseOf(at, "verified", verified, trusting()),
    caseOf(at, "not verified", skipped, "{ tls_config: { insecure_skip_verify: true } }"),
    caseOf(at, "verified, from TLS 1.0 on", old[0], trusting(", min_version: TLS10")),
    caseOf(
      at,
      "not verified, from TLS 1.0 on",
      old[1],
      "{ tls_config: { insecure_skip_verify: true, min_version: TLS10 } }",
    ),
  ]),
  ...(["rsa1024Alone", "sha1Alone"] as const).map(
    (at): Case => ({
      name: `${words(at)}, trusted itself`,
      verdict: "success",
      at,
      http: () => `{ tls_config: { ca: ${JSON.stringify(oldCertificates[at].cert)} } }`,
    }),
  ),
  {
    name: "an authority with a key of 512 bits",
    verdict: "success",
    at: "belowRsa512",
    http: trusting(),
    differs: {
      "tiny-keys": [
        "- probe_ssl_last_chain_expiry_timestamp_seconds",
        "probe_http_content_length: 5 -> 0",
        'probe_http_duration_seconds{phase="connect"}: some time -> 0',
        'probe_http_duration_seconds{phase="processing"}: some time -> 0',
        'probe_http_duration_seconds{phase="tls"}: some time -> 0',
        'probe_http_duration_seconds{phase="transfer"}: some time -> 0',
        "probe_http_ssl: 1 -> 0",
        "probe_http_status_code: 200 -> 0",
        "probe_http_uncompressed_body_length: 5 -> 0",
        "probe_http_version: 1.1 -> 0",
        "probe_success: 1 -> 0",
        "requests: 1 -> 0",
      ],
    },
  },
  {
    name: "a server that renegotiates",
    verdict: "failure",
    at: "renegotiating",
    http: trusting(),
    differs: { "certificate-facts": [...facts, "+ probe_ssl_last_chain_expiry_timestamp_seconds"] },
  },
  {
    name: "a client certificate with a short key and an old signature",
    verdict: "success",
    at: "clientWantedOld",
    http: ({ file }) =>
      `{ tls_config: { ca_file: ${file("root.pem")}, cert_file: ${file("old-client.pem")}, key_file: ${file("old-client.key")} } }`,
  },
];
