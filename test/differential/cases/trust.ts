import type { Case, Place } from "../case.ts";

/** Options of a module that trusts the targets' authority; `more` stands in `tls_config`, `outside` beside it. */
export const trusting =
  (more = "", outside = "") =>
  ({ file }: Place): string =>
    `{ tls_config: { ca_file: ${file("root.pem")}${more} }${outside} }`;

/** What is known of a certificate although it was not accepted. */
export const facts = [
  "+ probe_ssl_earliest_cert_expiry",
  "+ probe_ssl_last_chain_info",
  "+ probe_tls_cipher_info",
  "+ probe_tls_version_info",
];

/** Of a case whose certificate is not accepted. */
export const known: Pick<Case, "differs"> = { differs: { "certificate-facts": facts } };

/** Of a case whose certificate was accepted, but followed by no response. */
export const knownAndValid: Pick<Case, "differs"> = {
  differs: { "certificate-facts": [...facts, "+ probe_ssl_last_chain_expiry_timestamp_seconds"] },
};
