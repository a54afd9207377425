import { A, data, record, response, string, u8, u16 } from "../../../helpers/dns-messages.ts";
import { CLOSED_PORT } from "../../../helpers/http-targets.ts";
import { answering, framed } from "../../../helpers/name-server.ts";
import { ACCEPTED_CERTIFICATE, address, CERTIFICATE_SERIES, type DnsCase, dnsCase } from "./case.ts";

const TCP = "transport_protocol: tcp";
const TLS = `${TCP}, dns_over_tls: true`;
const TRUSTED = `${TLS}, tls_config: { ca_file: "{folder}/ca.pem" }`;
const overTls =
  (host = "127.0.0.1") =>
  ({ tlsPort }: { readonly tlsPort: number }): string =>
    `${host}:${tlsPort}`;
const accepted = { "certificates-of-name-servers": ACCEPTED_CERTIFICATE };
const handshake = { "certificates-of-name-servers": CERTIFICATE_SERIES };

/** TCP and TLS. */
export const transports: readonly DnsCase[] = [
  dnsCase({ name: "udp by name", verdict: "success", dns: "transport_protocol: udp" }),
  dnsCase({ name: "an empty protocol", verdict: "success", dns: 'transport_protocol: ""' }),
  dnsCase({ name: "tcp", verdict: "success", dns: TCP }),
  dnsCase({
    name: "a long answer over TCP",
    verdict: "success",
    dns: TCP,
    respond: answering({ answer: Array.from({ length: 250 }, () => record(16, string("x".repeat(240)))) }),
  }),
  dnsCase({
    name: "an answer in parts over TCP",
    verdict: "success",
    dns: TCP,
    respond: ({ content }, { raw }) => {
      const bytes = framed(response(content, { answer: [A] }));
      raw(bytes.subarray(0, 1));
      setTimeout(raw, 20, bytes.subarray(1, 9));
      setTimeout(raw, 40, bytes.subarray(9));
    },
  }),
  dnsCase({
    name: "two answers over TCP",
    verdict: "success",
    dns: TCP,
    respond: ({ content }, { send }) => {
      send(response(content, { answer: [A] }));
      send(response(content));
    },
  }),
  dnsCase({ name: "no answer over TCP", verdict: "failure", dns: TCP, respond: (_, { close }) => close() }),
  dnsCase({
    name: "half a length over TCP",
    verdict: "failure",
    dns: TCP,
    respond: (_, { raw, close }) => {
      raw(u8(0));
      close();
    },
  }),
  dnsCase({
    name: "a length of 0 over TCP",
    verdict: "failure",
    dns: TCP,
    respond: (_, { raw }) => raw(u16(0)),
  }),
  dnsCase({
    name: "a length that is too long over TCP",
    verdict: "failure",
    dns: TCP,
    respond: ({ content }, { raw, close }) => {
      raw(data(u16(400), response(content, { answer: [A] })));
      close();
    },
  }),
  dnsCase({
    name: "a length that never comes over TCP",
    verdict: "failure",
    timeout: "1s",
    dns: TCP,
    respond: ({ content }, { raw }) => raw(data(u16(400), content)),
  }),
  dnsCase({
    name: "a length that is too short over TCP",
    verdict: "failure",
    dns: TCP,
    respond: ({ content }, { raw }) => raw(data(u16(20), response(content, { answer: [A] }))),
  }),

  dnsCase({ name: "tls", verdict: "success", dns: TRUSTED, target: overTls(), differs: accepted }),
  dnsCase({
    name: "tls by a name",
    verdict: "success",
    dns: `${TRUSTED}, preferred_ip_protocol: ip4`,
    target: overTls("localhost"),
    differs: accepted,
  }),
  dnsCase({
    name: "tls without verification",
    verdict: "success",
    dns: `${TLS}, tls_config: { insecure_skip_verify: true }`,
    target: overTls(),
    differs: accepted,
  }),
  dnsCase({
    name: "tls with an unknown authority",
    verdict: "failure",
    dns: TLS,
    target: overTls(),
    differs: handshake,
  }),
  dnsCase({
    name: "tls for another name",
    verdict: "failure",
    dns: `${TLS}, tls_config: { ca_file: "{folder}/ca.pem", server_name: other.test }`,
    target: overTls(),
    differs: handshake,
  }),
  dnsCase({
    name: "tls for a configured name",
    verdict: "success",
    dns: `${TLS}, tls_config: { ca_file: "{folder}/ca.pem", server_name: localhost }`,
    target: overTls(),
    differs: accepted,
  }),
  dnsCase({
    name: "tls of a version that the server lacks",
    verdict: "failure",
    dns: `${TLS}, tls_config: { insecure_skip_verify: true, min_version: TLS10, max_version: TLS11 }`,
    target: overTls(),
  }),
  dnsCase({
    name: "tls with a missing authority",
    verdict: "failure",
    dns: `${TLS}, tls_config: { ca_file: "{folder}/missing.pem" }`,
    target: overTls(),
  }),
  dnsCase({
    name: "tls with a server that has none",
    verdict: "failure",
    timeout: "1s",
    dns: TRUSTED,
    target: ({ port }) => `127.0.0.1:${port}`,
  }),
  dnsCase({
    name: "tls with nothing behind the port",
    verdict: "failure",
    dns: TRUSTED,
    target: () => `127.0.0.1:${CLOSED_PORT}`,
  }),
  dnsCase({
    name: "tls without an answer",
    verdict: "failure",
    dns: TRUSTED,
    target: overTls(),
    respond: (_, { close }) => close(),
    differs: accepted,
  }),
  dnsCase({
    name: "tls with a wrong id",
    verdict: "failure",
    dns: TRUSTED,
    target: overTls(),
    respond: answering((query) => ({ id: query.readUInt16BE() ^ 1 })),
    differs: accepted,
  }),
  dnsCase({
    name: "tls settings without tls",
    verdict: "success",
    dns: `${TCP}, tls_config: { ca_file: "{folder}/missing.pem" }`,
    respond: address,
  }),
  dnsCase({
    name: "tls with a handshake that takes most of the time",
    verdict: "success",
    timeout: "3s",
    dns: TRUSTED,
    target: ({ slowTlsPort }) => `127.0.0.1:${slowTlsPort}`,
    respond: ({ content }, { send }) => void setTimeout(send, 2200, response(content, { answer: [A] })),
    differs: {
      ...accepted,
      "slow-handshakes": [
        "probe_success: 1 -> 0",
        "probe_dns_query_succeeded: 1 -> 0",
        "probe_dns_answer_rrs: 1 -> 0",
      ],
    },
  }),
];
