import { networkInterfaces } from "node:os";
import { redirect, text } from "../answers.ts";
import type { Case, Place, Verdict } from "../case.ts";

const local = ({ port, path }: Place): string => `127.0.0.1:${port("http")}${path}`;
const own =
  (rest: string, scheme = "http://") =>
  ({ port }: Place): string =>
    `${scheme}127.0.0.1:${port("own")}${rest}`;

/** A target at the root of a server of its own. */
const bare = (name: string, rest: string, scheme?: string): Case => ({
  name: `target: ${name}`,
  verdict: "success",
  needs: "own",
  target: own(rest, scheme),
  answer: (request, reply, place) => text(request.target)(request, reply, place),
});
const none = (name: string, target: string, more: Partial<Case> = {}): Case => ({
  name: `target: ${name}`,
  verdict: "failure",
  timeout: "3s",
  target: () => target,
  ...more,
});

/** The changes from a request line that servers reject to an escaped one. */
const escaped = (length: number): NonNullable<Case["differs"]> => ({
  "escaped-query": [
    `probe_http_content_length: -1 -> ${length}`,
    "probe_http_status_code: 400 -> 200",
    `probe_http_uncompressed_body_length: 0 -> ${length}`,
    "probe_success: 0 -> 1",
    "requests: 0 -> 1",
  ],
});

/** The changes from an address that blackbox_exporter cannot parse to a parsed one. */
const understood = [
  "probe_http_content_length: 0 -> 5",
  "probe_http_status_code: 0 -> 200",
  "probe_http_uncompressed_body_length: 0 -> 5",
  "probe_http_version: 0 -> 1.1",
  "probe_success: 0 -> 1",
  "requests: 0 -> 1",
];
const phases = ["connect", "tls", "processing", "transfer"].map(
  (phase) => `probe_http_duration_seconds{phase="${phase}"}`,
);
const resolution = [
  "probe_dns_lookup_time_seconds",
  "probe_ip_protocol",
  "probe_ip_addr_hash",
  'probe_http_duration_seconds{phase="resolve"}',
];
const gained = (series: readonly string[]): string[] => series.map((each) => `+ ${each}`);
const lost = (series: readonly string[]): string[] => series.map((each) => `- ${each}`);

/** Without IPv6 on loopback both exporters fail, in the same way. */
const overIpv6: Verdict = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1")
  ? "success"
  : "failure";

/** Forms of targets. */
export const addresses: readonly Case[] = [
  { name: "target: without a scheme", verdict: "success", target: local },
  bare("without a path", ""),
  bare("without a path and scheme", "", ""),
  bare("a query without a path", "?a=b"),
  bare("a fragment", "/a#b?c"),
  bare("an empty query", "/a?"),
  bare("dots and slashes", "/a/../b//c/./d"),
  bare("an encoded query", "/?d=%20&e=+f&g=%26"),
  bare("an encoded address in a query", "/?next=%2Fa%3Fb%3D1"),
  bare("encoded characters", "/a%2Fb%20c%7E"),
  bare("characters that were encoded twice", "/a%252Fb"),
  bare("a space in the path", "/a b"),
  bare("a space in the path beside what needs no escape", "/(a) b's*!c~[d]"),
  bare("a space in the path beside what is escaped", "/a b%2Fc"),
  bare("umlauts in the path", "/ä€😀"),
  { ...bare("a space in the query", "/?c d"), verdict: "failure", differs: escaped(7) },
  { ...bare("umlauts in the query", "/?ö"), verdict: "failure", differs: escaped(8) },
  bare("odd characters", '/a|b^c`d{e}<f>"g\\h[i]'),
  bare("odd characters in the query", "/?a|b^c`d{e}<f>\"g\\h[i]'"),
  bare("an asterisk", "/*"),
  bare("a colon", "/a:b@c;d=e,f$!"),
  { ...bare("a semicolon and equals in the query", "/?a=1;b=2&&c"), name: "target: semicolons" },
  { name: "target: an empty port", verdict: "failure", target: ({ path }) => `http://127.0.0.1:${path}` },
  {
    name: "target: a scheme in capitals",
    verdict: "failure",
    target: ({ port, path }) => `HTTP://127.0.0.1:${port("http")}${path}`,
    differs: {
      "scheme-case": [
        ...understood,
        ...gained(phases),
        "probe_ip_addr_hash: 0 -> 3668918509",
        "probe_ip_protocol: 0 -> 4",
      ],
    },
  },
  {
    name: "target: a host in capitals",
    verdict: "success",
    target: ({ port, path }) => `http://LOCALHOST:${port("http")}${path}`,
  },
  { name: "target: another scheme", verdict: "failure", timeout: "3s", target: () => "ftp://127.0.0.1/" },
  none("an invalid percent-encoding", "http://127.0.0.1/%zz"),
  none("a control character", "http://127.0.0.1/\u0007"),
  none("a bad port", "http://127.0.0.1:http/"),
  none("a port above 65535", "http://127.0.0.1:99999/"),
  none("a bracket alone", "http://[::1/"),
  none("an address with too many parts", "http://1.2.3.4.5:1/"),
  none("a space in the host", "http://local host/"),
  none("a scheme alone", "http://"),
  none("a path alone", "/path"),
  none("an unknown name", "http://nowhere.invalid/"),
  none("an unknown name over TLS", "https://nowhere.invalid/"),
  none("a name with an empty label", "http://a..b/"),
  none("a port without a host", "http://:1/"),
  {
    name: "target: decoded a second time",
    verdict: "failure",
    timeout: "3s",
    target: (place) => `http%3A%2F%2F${local(place).replaceAll("/", "%2F")}`,
    differs: { "second-decoding": [...understood, ...gained(phases), ...gained(resolution)] },
  },

  { name: "IPv6", verdict: overIpv6, host: "[::1]" },
  { name: "IPv6 in its long form", verdict: overIpv6, host: "[0:0:0:0:0:0:0:1]" },
  {
    name: "IPv6 with credentials and redirects",
    verdict: overIpv6,
    host: "[::1]",
    http: "{ basic_auth: { username: u, password: p } }",
    answer: redirect(({ path }) => `${path}/1`),
  },
  { name: "IPv4 in IPv6", verdict: "success", host: "[::ffff:127.0.0.1]" },
  { name: "IPv4 with IPv6 preferred", verdict: "success", http: "{ preferred_ip_protocol: ip6 }" },
  {
    name: "IPv4 with IPv6 only",
    verdict: "failure",
    http: "{ preferred_ip_protocol: ip6, ip_protocol_fallback: false }",
  },
  {
    name: "IPv6 with IPv4 only",
    verdict: "failure",
    host: "[::1]",
    http: "{ preferred_ip_protocol: ip4, ip_protocol_fallback: false }",
  },
  {
    name: "IPv6 with IPv4 preferred",
    verdict: overIpv6,
    host: "[::1]",
    http: "{ preferred_ip_protocol: ip4 }",
  },
  {
    name: "a name with IPv4 preferred",
    verdict: "success",
    host: "localhost",
    http: "{ preferred_ip_protocol: ip4 }",
  },
  {
    name: "a name with IPv4 only",
    verdict: "success",
    host: "localhost",
    http: "{ preferred_ip_protocol: ip4, ip_protocol_fallback: false }",
  },
  {
    name: "a name with IPv6 preferred",
    verdict: "success",
    host: "localhost",
    http: "{ preferred_ip_protocol: ip6 }",
  },
  {
    name: "a name with an empty preference",
    verdict: "success",
    host: "localhost",
    http: "{ preferred_ip_protocol: '' }",
  },
  ...["ipv4", "IP4", "nonsense"].map(
    (word): Case => ({
      name: `a name with the preference ${word}`,
      verdict: "success",
      host: "localhost",
      http: `{ preferred_ip_protocol: ${word}, ip_protocol_fallback: false }`,
    }),
  ),
  {
    name: "an IPv4 address with the preference ipv6",
    verdict: "success",
    http: "{ preferred_ip_protocol: ipv6 }",
  },
  {
    name: "an IPv4 address with ipv6 only",
    verdict: "success",
    http: "{ preferred_ip_protocol: ipv6, ip_protocol_fallback: false }",
    differs: {
      "ip-protocol-words": [
        ...["connect", "processing", "tls", "transfer"].map(
          (phase) => `- probe_http_duration_seconds{phase="${phase}"}`,
        ),
        "probe_http_content_length: 5 -> 0",
        "probe_http_status_code: 200 -> 0",
        "probe_http_uncompressed_body_length: 5 -> 0",
        "probe_http_version: 1.1 -> 0",
        "probe_ip_addr_hash: 3668918509 -> 0",
        "probe_ip_protocol: 4 -> 0",
        "probe_success: 1 -> 0",
        "requests: 1 -> 0",
      ],
    },
  },
  {
    name: "an unknown name with IPv4 only",
    verdict: "failure",
    timeout: "3s",
    target: () => "http://nowhere.invalid/",
    http: "{ preferred_ip_protocol: ip4, ip_protocol_fallback: false }",
  },
  {
    name: "a link-local address",
    verdict: "failure",
    timeout: "2s",
    target: () => "http://[fe80::1]/",
    differs: { "metadata-addresses": [...lost(phases), ...lost(resolution)] },
  },
];
