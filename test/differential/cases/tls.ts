import { answer } from "../answers.ts";
import type { Case } from "../case.ts";
import { known, trusting } from "./trust.ts";

/** TLS: certificates, versions, and handshakes that fail. */
export const tls: readonly Case[] = [
  { name: "TLS with its own authority", verdict: "success", at: "https", http: trusting() },
  {
    name: "TLS with an authority in the text",
    verdict: "success",
    at: "https",
    http: ({ certificates }) => `{ tls_config: { ca: ${JSON.stringify(certificates.root.cert)} } }`,
  },
  { name: "TLS by name", verdict: "success", at: "https", host: "localhost", http: trusting() },
  { name: "TLS with an unknown authority", verdict: "failure", at: "https", ...known },
  {
    name: "TLS with another authority",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("other-root.pem")} } }`,
    ...known,
  },
  { name: "TLS with a self-signed certificate", verdict: "failure", at: "selfSigned", ...known },
  {
    name: "TLS with a self-signed certificate that is trusted",
    verdict: "success",
    at: "selfSigned",
    http: ({ certificates }) => `{ tls_config: { ca: ${JSON.stringify(certificates.selfSigned.cert)} } }`,
  },
  { name: "TLS with an expired certificate", verdict: "failure", at: "expired", http: trusting(), ...known },
  {
    name: "TLS with a certificate of the future",
    verdict: "failure",
    at: "future",
    http: trusting(),
    ...known,
  },
  { name: "TLS for another host", verdict: "failure", at: "wrongHost", http: trusting(), ...known },
  {
    name: "TLS with a common name alone",
    verdict: "failure",
    at: "noNames",
    host: "localhost",
    http: trusting(),
    ...known,
  },
  {
    name: "TLS that is not verified",
    verdict: "success",
    at: "expired",
    http: "{ tls_config: { insecure_skip_verify: true } }",
  },
  {
    name: "TLS for another host that is not verified",
    verdict: "success",
    at: "wrongHost",
    http: "{ tls_config: { insecure_skip_verify: true } }",
  },
  { name: "TLS with a chain", verdict: "success", at: "chain", http: trusting() },
  {
    name: "TLS with a chain that is not verified",
    verdict: "success",
    at: "chain",
    http: "{ tls_config: { insecure_skip_verify: true } }",
  },
  { name: "TLS with a gap in the chain", verdict: "failure", at: "gap", http: trusting(), ...known },
  {
    name: "TLS with a cross-signed chain",
    verdict: "success",
    at: "crossed",
    http: ({ certificates }) => `{ tls_config: { ca: ${JSON.stringify(certificates.bothRoots)} } }`,
  },
  {
    name: "TLS with a needless certificate that has expired",
    verdict: "success",
    at: "expiredInChain",
    http: trusting(),
  },
  { name: "TLS with a subject of many kinds", verdict: "success", at: "fancy", http: trusting() },
  {
    name: "TLS with a leaf that is trusted itself",
    verdict: "success",
    at: "https",
    http: ({ certificates }) => `{ tls_config: { ca: ${JSON.stringify(certificates.good.cert)} } }`,
  },
  {
    name: "a status over TLS that is not valid",
    verdict: "failure",
    at: "https",
    http: trusting(),
    answer: answer(503),
  },

  { name: "TLS where there is none", verdict: "failure", at: "noTls", http: trusting() },
  {
    name: "TLS at a server of plain HTTP",
    verdict: "failure",
    http: trusting(),
    target: ({ port }) => `https://127.0.0.1:${port("http")}/`,
  },
  {
    name: "plain HTTP at a server of TLS",
    verdict: "failure",
    target: ({ port }) => `http://127.0.0.1:${port("https")}/`,
  },
  {
    name: "a reset in the handshake",
    verdict: "failure",
    http: trusting(),
    target: ({ port }) => `https://127.0.0.1:${port("slam")}/`,
  },
  {
    name: "no handshake before the deadline",
    verdict: "failure",
    slow: true,
    timeout: "1s",
    http: trusting(),
    target: ({ port }) => `https://127.0.0.1:${port("mute")}/`,
  },

  { name: "TLS 1.2", verdict: "success", at: "tls12", http: trusting() },
  { name: "TLS 1.3", verdict: "success", at: "tls13", http: trusting() },
  { name: "TLS 1.0 by default", verdict: "failure", at: "tls10", http: trusting() },
  {
    name: "TLS 1.0 that is allowed",
    verdict: "success",
    at: "tls10",
    http: trusting(", min_version: TLS10"),
  },
  {
    name: "a minimum above the server's version",
    verdict: "failure",
    at: "tls12",
    http: trusting(", min_version: TLS13"),
  },
  {
    name: "a maximum below the server's version",
    verdict: "failure",
    at: "tls13",
    http: trusting(", max_version: TLS12"),
  },
  {
    name: "a maximum that both know",
    verdict: "success",
    at: "https",
    http: trusting(", max_version: TLS12"),
  },
  {
    name: "a minimum that both know",
    verdict: "success",
    at: "https",
    http: trusting(", min_version: TLS13"),
  },
];
