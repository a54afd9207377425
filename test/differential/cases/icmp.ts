import { LOSE_ONE, type NetworkLab } from "../../helpers/network-lab.ts";
import type { KindCase } from "../kinds.ts";

type IcmpCase = KindCase<NetworkLab>;

const ip4 = "{ prober: icmp, icmp: { preferred_ip_protocol: ip4 } }";
const ip6 = "{ prober: icmp, icmp: { preferred_ip_protocol: ip6 } }";
const withOptions = (options: string): string => `{ prober: icmp, icmp: { ${options} } }`;

/** Long enough for a reply, and short where there is none. */
const SHORT = "1500ms";

const success = (name: string, target: string, module = "{ prober: icmp }"): IcmpCase => ({
  name,
  verdict: "success",
  module,
  target,
});
const failure = (name: string, target: string, module = "{ prober: icmp }"): IcmpCase => ({
  name,
  verdict: "failure",
  timeout: SHORT,
  module,
  target,
});

const addresses: readonly IcmpCase[] = [
  success("IPv4 on this machine", "127.0.0.1"),
  success("IPv6 on this machine", "::1"),
  success("IPv4 behind a router", "10.2.0.2"),
  success("IPv6 behind a router", "fd02::2"),
  success("a name with both versions", "both.lab"),
  success("a name with both versions, IPv4 preferred", "both.lab", ip4),
  success("a name with both versions, IPv6 preferred", "both.lab", ip6),
  success("a name without an address of the preferred version", "four.lab", ip6),
  success("a name without IPv4, IPv4 preferred", "six.lab", ip4),
  failure(
    "a name without IPv6, without fallback",
    "four.lab",
    withOptions("preferred_ip_protocol: ip6, ip_protocol_fallback: false"),
  ),
  failure(
    "a name without IPv4, without fallback",
    "six.lab",
    withOptions("preferred_ip_protocol: ip4, ip_protocol_fallback: false"),
  ),
  failure(
    "an IPv4 address, IPv6 wanted without fallback",
    "127.0.0.1",
    withOptions("ip_protocol_fallback: false"),
  ),
  success("a name in capitals", "BOTH.lab", ip4),
  failure("an unknown name", "nothing.lab"),
  success("an IPv6 address that stands for an IPv4 address", "::ffff:127.0.0.1"),
  failure("the unspecified IPv4 address", "0.0.0.0"),
  failure("the unspecified IPv6 address", "::"),
  failure("a broadcast address", "10.1.0.255"),
  failure("a multicast address", "224.0.0.1"),
  failure("an address with a port", "127.0.0.1:80"),
  failure("an IPv6 address in brackets", "[::1]"),
  failure("a URL", "http://127.0.0.1/"),
  failure("an IPv4 address in a short form", "127.1"),
  failure("an IPv4 address as a number", "2130706433"),
  failure("an IPv4 address with a number that is too large", "127.0.0.256"),
  failure("an IPv4 address with leading zeros", "127.0.0.01"),
  failure("an IPv4 address with a hexadecimal number", "0x7f.1"),
  success("a name with a final dot", "both.lab."),
  failure("an address and a space", "127.0.0.1 "),
  {
    ...failure("a metadata address", "169.254.169.254"),
    differs: {
      "metadata-addresses": [
        'probe_icmp_duration_seconds{phase="resolve"}: some time -> 0',
        'probe_icmp_duration_seconds{phase="setup"}: some time -> 0',
      ],
    },
  },
];

const unreachable: readonly IcmpCase[] = [
  failure("a dead neighbour", "10.1.0.100"),
  failure("a dead neighbour over IPv6", "fd01::100"),
  failure("packets that are dropped", "10.3.0.1"),
  failure("packets that are dropped over IPv6", "fd03::1"),
  failure("an unreachable host", "10.4.0.1"),
  failure("an unreachable host over IPv6", "fd04::1"),
  failure("a prohibited host", "10.5.0.1"),
  failure("a prohibited host over IPv6", "fd05::1"),
  failure("no route", "203.0.113.1"),
  failure("no route over IPv6", "2001:db8::1"),
];

const hops: readonly IcmpCase[] = [
  failure("ttl 1 through a router", "10.2.0.2", withOptions("ttl: 1")),
  failure("ttl 1 through a router over IPv6", "fd02::2", withOptions("ttl: 1")),
  success("ttl 2 through a router", "10.2.0.2", withOptions("ttl: 2")),
  success("ttl 2 through a router over IPv6", "fd02::2", withOptions("ttl: 2")),
  success("ttl 0, which is that of the system", "10.2.0.2", withOptions("ttl: 0")),
  success("ttl 255", "10.2.0.2", withOptions("ttl: 255")),
  success("ttl 2 with dont_fragment", "10.2.0.2", withOptions("ttl: 2, dont_fragment: true")),
  failure("ttl 1 with dont_fragment", "10.2.0.2", withOptions("ttl: 1, dont_fragment: true")),
];

/** Both exporters share what the kernel learns about a path, so that an address is in one case only. */
const sizes: readonly IcmpCase[] = [
  success("payload_size 0, which is the default", "127.0.0.1", withOptions("payload_size: 0")),
  success("a payload of one byte", "127.0.0.1", withOptions("payload_size: 1")),
  success("a payload too short for a timestamp", "::1", withOptions("payload_size: 15")),
  success("a payload of the length of a timestamp", "127.0.0.1", withOptions("payload_size: 16")),
  success("a payload that fills a packet", "10.1.0.2", withOptions("payload_size: 1472")),
  success("a payload that this machine fragments", "10.1.0.2", withOptions("payload_size: 1473")),
  success("a payload that this machine fragments, IPv6", "fd01::2", withOptions("payload_size: 4000")),
  success("the largest payload", "127.0.0.1", withOptions("payload_size: 65507")),
  failure("a payload that is too large for IPv4", "127.0.0.1", withOptions("payload_size: 65508")),
  success("dont_fragment", "10.2.0.2", withOptions("dont_fragment: true")),
  success(
    "dont_fragment on this machine",
    "127.0.0.1",
    withOptions("dont_fragment: true, payload_size: 1472"),
  ),
  success(
    "dont_fragment and a payload that fits",
    "10.1.0.2",
    withOptions("dont_fragment: true, payload_size: 1472"),
  ),
  failure(
    "dont_fragment and a payload above the MTU of the interface",
    "10.1.0.2",
    withOptions("dont_fragment: true, payload_size: 1473"),
  ),
  failure(
    "dont_fragment and a payload above the MTU of the path",
    "10.2.0.3",
    withOptions("dont_fragment: true, payload_size: 1400"),
  ),
  success(
    "dont_fragment and a payload that fits the path",
    "10.2.0.4",
    withOptions("dont_fragment: true, payload_size: 1252"),
  ),
  success(
    "dont_fragment, which IPv6 ignores",
    "fd01::2",
    withOptions("dont_fragment: true, payload_size: 4000"),
  ),
];

const sources: readonly IcmpCase[] = [
  success("a source address", "10.2.0.2", withOptions("source_ip_address: 10.1.0.5")),
  success("an IPv6 source address", "fd02::2", withOptions("source_ip_address: 'fd01::1'")),
  success(
    "a source address with dont_fragment",
    "10.2.0.2",
    withOptions("source_ip_address: 10.1.0.5, dont_fragment: true"),
  ),
  failure("a source address of another machine", "10.2.0.2", withOptions("source_ip_address: 10.2.0.2")),
  failure(
    "an IPv6 source address of another machine",
    "fd02::2",
    withOptions("source_ip_address: 'fd02::2'"),
  ),
  failure("a source address of the other version", "10.2.0.2", withOptions("source_ip_address: 'fd01::1'")),
  failure(
    "a source address of the loopback interface",
    "10.2.0.2",
    withOptions("source_ip_address: 127.0.0.1"),
  ),
];

/** The lines of a case that fails in blackbox_exporter and succeeds here. */
const SUCCEEDS = [
  "probe_success: 0 -> 1",
  'probe_icmp_duration_seconds{phase="rtt"}: 0 -> some time',
  "+ probe_icmp_reply_hop_limit",
];

/** Cases that change the target, so that no other one may run meanwhile. */
export const lossyIcmpCases: readonly IcmpCase[] = [
  {
    ...failure("one lost packet", "10.2.0.2"),
    timeout: "2500ms",
    before: async ({ sh }) => void (await sh("target", LOSE_ONE)),
    differs: { "lost-echoes": SUCCEEDS },
  },
  ...(["10.2.0.9", "fd02::9"] as const).map(
    (target): IcmpCase => ({
      ...failure(`a path that takes smaller packets than the first, ${target}`, target),
      module: withOptions("payload_size: 1400"),
      // The kernel keeps the MTU of the path for both exporters.
      before: async ({ sh }) => void (await sh("probing", "ip route flush cache; ip -6 route flush cache")),
      differs: { "path-mtu": SUCCEEDS },
    }),
  ),
];

/** The cases of the icmp prober, which run in a lab of networks. */
export const icmpCases: readonly IcmpCase[] = [...addresses, ...unreachable, ...hops, ...sizes, ...sources];
