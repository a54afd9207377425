import type { Case, Place } from "../case.ts";

/** Returns options that trust the targets' authority; `more` is added to `tls_config`, `outside` to the module. */
export const trusting =
  (more = "", outside = "") =>
  ({ file }: Place): string =>
    `{ tls_config: { ca_file: ${file("root.pem")}${more} }${outside} }`;

/** Series about a certificate that only this exporter has. */
export const facts = [
  "+ probe_ssl_earliest_cert_expiry",
  "+ probe_ssl_last_chain_info",
  "+ probe_tls_cipher_info",
  "+ probe_tls_version_info",
];

/** The difference of a case whose certificate is refused. */
export const refusedCertificate: Pick<Case, "differs"> = { differs: { "certificate-facts": facts } };

/** The difference of a case whose certificate is accepted, but without a response. */
export const acceptedCertificate: Pick<Case, "differs"> = {
  differs: { "certificate-facts": [...facts, "+ probe_ssl_last_chain_expiry_timestamp_seconds"] },
};
