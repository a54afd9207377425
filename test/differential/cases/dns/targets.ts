import { CLOSED_PORT } from "../../../helpers/http-targets.ts";
import { type DnsCase, dnsCase } from "./case.ts";

const at =
  (host: string) =>
  ({ port }: { readonly port: number }): string =>
    `${host}:${port}`;
const at6 =
  (host: string) =>
  ({ port6 }: { readonly port6: number }): string =>
    `${host}:${port6}`;

/** A rule that no answer meets, in case a name server runs at the default port of this machine. */
const NEVER = "validate_answer_rrs: { fail_if_not_matches_regexp: ['^never$'] }";
const NOWHERE = { verdict: "failure", timeout: "3s", dns: NEVER } as const;

/** Forms of targets, versions of IP, and addresses to send from. */
export const targets: readonly DnsCase[] = [
  dnsCase({ name: "an IPv4 address with a port", verdict: "success", target: at("127.0.0.1") }),
  dnsCase({ name: "an IPv6 address with a port", verdict: "success", target: at6("[::1]") }),
  dnsCase({ name: "an IPv4-mapped address", verdict: "success", target: at("[::ffff:127.0.0.1]") }),
  dnsCase({ name: "an address in brackets", verdict: "success", target: at("[127.0.0.1]") }),
  dnsCase({
    name: "a name with a port",
    verdict: "success",
    dns: "preferred_ip_protocol: ip4",
    target: at("localhost"),
  }),
  dnsCase({
    name: "a port with zeros before it",
    verdict: "success",
    target: ({ port }) => `127.0.0.1:00${port}`,
  }),
  dnsCase({ name: "an IPv4 address alone", ...NOWHERE, target: "127.0.0.1" }),
  dnsCase({ name: "an IPv6 address alone", ...NOWHERE, target: "::1" }),
  dnsCase({
    name: "an address alone over TCP",
    ...NOWHERE,
    dns: `transport_protocol: tcp, ${NEVER}`,
    target: "127.0.0.1",
  }),
  dnsCase({
    name: "an address alone over TLS",
    ...NOWHERE,
    dns: `transport_protocol: tcp, dns_over_tls: true, ${NEVER}`,
    target: "127.0.0.1",
  }),
  dnsCase({
    name: "an IPv6 address in brackets alone",
    ...NOWHERE,
    target: "[::1]",
    differs: {
      "brackets-without-a-port": [
        "probe_ip_protocol: 0 -> 6",
        "probe_ip_addr_hash: 0 -> 1751717746",
        'probe_dns_duration_seconds{phase="connect"}: 0 -> some time',
        'probe_dns_duration_seconds{phase="request"}: 0 -> some time',
        'probe_dns_duration_seconds{phase="resolve"}: 0 -> some time',
      ],
    },
  }),
  dnsCase({ name: "an unknown name", ...NOWHERE, target: "does-not-exist.invalid" }),
  dnsCase({ name: "a name that is none", ...NOWHERE, target: "a b" }),
  dnsCase({ name: "a name with an empty label", ...NOWHERE, target: "a..b" }),
  dnsCase({ name: "a port without a host", ...NOWHERE, target: ":53" }),
  dnsCase({
    name: "a host without its port",
    ...NOWHERE,
    dns: `transport_protocol: tcp, ${NEVER}`,
    target: "127.0.0.1:",
  }),
  dnsCase({ name: "a port that is none", ...NOWHERE, target: "127.0.0.1:dns" }),
  dnsCase({ name: "a port above 65535", ...NOWHERE, target: "127.0.0.1:65536" }),
  dnsCase({ name: "a port below 0", ...NOWHERE, target: "127.0.0.1:-1" }),
  dnsCase({
    name: "the port 0 over TCP",
    ...NOWHERE,
    dns: `transport_protocol: tcp, ${NEVER}`,
    target: "127.0.0.1:0",
  }),
  dnsCase({ name: "two ports", ...NOWHERE, target: "127.0.0.1:53:53" }),
  dnsCase({ name: "a bracket that is not closed", ...NOWHERE, target: "[::1:53" }),
  dnsCase({ name: "a URL", ...NOWHERE, target: "https://dns.invalid/dns-query" }),
  dnsCase({
    name: "nothing behind the port",
    verdict: "failure",
    target: () => `127.0.0.1:${CLOSED_PORT}`,
  }),
  dnsCase({
    name: "nothing behind the port over TCP",
    verdict: "failure",
    dns: "transport_protocol: tcp",
    target: () => `127.0.0.1:${CLOSED_PORT}`,
  }),

  dnsCase({
    name: "ip4 preferred, of an IPv6 address",
    verdict: "success",
    dns: "preferred_ip_protocol: ip4",
    target: at6("[::1]"),
  }),
  dnsCase({
    name: "ip4 only, of an IPv6 address",
    verdict: "failure",
    dns: "preferred_ip_protocol: ip4, ip_protocol_fallback: false",
    target: at6("[::1]"),
  }),
  dnsCase({
    name: "ip6 only, of an IPv4 address",
    verdict: "failure",
    dns: "ip_protocol_fallback: false",
    target: at("127.0.0.1"),
  }),
  dnsCase({
    name: "ip6 only, of an IPv6 address",
    verdict: "success",
    dns: "preferred_ip_protocol: ip6, ip_protocol_fallback: false",
    target: at6("[::1]"),
  }),
  dnsCase({ name: "ip6 over TCP", verdict: "success", dns: "transport_protocol: tcp", target: at6("[::1]") }),

  dnsCase({ name: "from an address", verdict: "success", dns: "source_ip_address: 127.0.0.1" }),
  dnsCase({
    name: "from an address over TCP",
    verdict: "success",
    dns: "source_ip_address: 127.0.0.1, transport_protocol: tcp",
  }),
  dnsCase({
    name: "from an IPv6 address",
    verdict: "success",
    dns: 'source_ip_address: "::1"',
    target: at6("[::1]"),
  }),
  dnsCase({ name: "from another loopback address", verdict: "success", dns: "source_ip_address: 127.0.0.2" }),
  dnsCase({
    name: "from an address of another machine",
    verdict: "failure",
    dns: "source_ip_address: 192.0.2.77",
  }),
  dnsCase({
    name: "from an address of another machine over TCP",
    verdict: "failure",
    dns: "source_ip_address: 192.0.2.77, transport_protocol: tcp",
  }),
  dnsCase({
    name: "from an address of the other version",
    verdict: "failure",
    dns: 'source_ip_address: "::1"',
  }),
  dnsCase({
    name: "from an address of the other version over TCP",
    verdict: "failure",
    dns: "source_ip_address: 127.0.0.1, transport_protocol: tcp",
    target: at6("[::1]"),
  }),
  dnsCase({ name: "from an empty address", verdict: "success", dns: 'source_ip_address: ""' }),
];
