import { gauge, type Sample, sample } from "../core/metric.ts";
import type { PeerFacts } from "./tls-facts.ts";

const OVER_TLS = "after a TLS handshake";

/** Metrics of a TLS connection and its certificates, the same for each prober that makes one. Named as in blackbox_exporter. */
export const certificateMetrics = {
  sslEarliestCertExpiry: gauge(
    "probe_ssl_earliest_cert_expiry",
    "Earliest expiry among the certificates that the target sent, as a Unix timestamp",
    [],
    { when: OVER_TLS },
  ),
  sslLastChainExpiry: gauge(
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "Expiry of the verified chain that expires last, as a Unix timestamp",
    [],
    { when: "after a TLS handshake whose certificate was accepted", detail: true },
  ),
  sslLastChainInfo: gauge(
    "probe_ssl_last_chain_info",
    "Leaf certificate of the target; the value is always 1",
    ["fingerprint_sha256", "subject", "issuer", "subjectalternative", "serialnumber"],
    { when: OVER_TLS, detail: true },
  ),
  tlsClientCertExpiry: gauge(
    "probe_tls_client_certificate_expiry_timestamp_seconds",
    "Expiry of the client certificate of the module, as a Unix timestamp",
    [],
    { when: "with a client certificate" },
  ),
  tlsVersionInfo: gauge("probe_tls_version_info", "TLS version in use; the value is always 1", ["version"], {
    when: OVER_TLS,
    detail: true,
  }),
  tlsCipherInfo: gauge("probe_tls_cipher_info", "TLS cipher in use; the value is always 1", ["cipher"], {
    when: OVER_TLS,
    detail: true,
  }),
  tlsGroupInfo: gauge(
    "probe_tls_group_info",
    "Group of the key exchange, such as X25519MLKEM768; the value is always 1",
    ["group"],
    { when: OVER_TLS, detail: true },
  ),
};

/**
 * Makes the samples of a TLS connection.
 * @param peer the facts of the handshake, also of one whose certificate was refused; `undefined` without one
 * @param clientExpiry the expiry of the client certificate in Unix seconds; `undefined` without one
 */
export function certificateSamples(
  peer: PeerFacts | undefined,
  clientExpiry: number | undefined,
): readonly Sample[] {
  return [
    ...(peer === undefined ? [] : peerSamples(peer)),
    ...(clientExpiry === undefined ? [] : [sample(certificateMetrics.tlsClientCertExpiry, clientExpiry)]),
  ];
}

function peerSamples({ version, cipher, group, certificate }: PeerFacts): readonly Sample[] {
  const { earliestExpiry, lastChainExpiry, labels } = certificate;
  return [
    sample(certificateMetrics.sslEarliestCertExpiry, earliestExpiry),
    ...(lastChainExpiry === undefined
      ? []
      : [sample(certificateMetrics.sslLastChainExpiry, lastChainExpiry)]),
    sample(certificateMetrics.sslLastChainInfo, 1, labels),
    sample(certificateMetrics.tlsVersionInfo, 1, { version }),
    sample(certificateMetrics.tlsCipherInfo, 1, { cipher }),
    ...(group === undefined ? [] : [sample(certificateMetrics.tlsGroupInfo, 1, { group })]),
  ];
}
