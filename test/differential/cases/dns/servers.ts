import { ACCEPTED_CERTIFICATE, type DnsCase, type DnsCaseFields, dnsCase } from "./case.ts";

/** Names that the servers of these cases know: of unbound, and of dnsmasq. */
export const UNBOUND_DATA = [
  'local-zone: "zone.test." static',
  'local-data: "zone.test. 300 IN SOA ns.zone.test. admin.zone.test. 2026113001 7200 3600 1209600 300"',
  'local-data: "zone.test. 300 IN NS ns.zone.test."',
  'local-data: "zone.test. 300 IN A 192.0.2.1"',
  'local-data: "zone.test. 300 IN AAAA 2001:db8::1"',
  'local-data: "zone.test. 300 IN MX 10 mail.zone.test."',
  `local-data: 'zone.test. 300 IN TXT "v=spf1 -all" "a \\"quoted\\" text"'`,
  'local-data: "_sip._udp.zone.test. 300 IN SRV 1 2 5060 sip.zone.test."',
  ...Array.from({ length: 60 }, (_, i) => `local-data: "many.zone.test. 300 IN A 192.0.2.${i}"`),
  'local-zone: "refused.test." refuse',
  'local-zone: "2.0.192.in-addr.arpa." static',
  'local-data-ptr: "192.0.2.1 zone.test"',
  "extended-statistics: no",
];
export const DNSMASQ_OPTIONS = [
  "--address=/zone.test/192.0.2.1",
  "--mx-host=zone.test,mail.zone.test,10",
  "--srv-host=_sip._udp.zone.test,sip.zone.test,5060,1,2",
  "--txt-record=zone.test,v=spf1 -all,second",
  "--host-record=host.zone.test,192.0.2.2,2001:db8::2",
  "--cname=alias.zone.test,host.zone.test",
  "--caa-record=zone.test,0,issue,ca.test",
  "--naptr-record=zone.test,10,20,u,E2U+sip,!^.*$!sip:x@zone.test!",
];

type Fields = Omit<DnsCaseFields, "target">;

const unbound = (fields: Fields): DnsCase =>
  dnsCase({ ...fields, name: `unbound: ${fields.name}`, target: (place) => `127.0.0.1:${place.unbound}` });
const dnsmasq = (fields: Fields): DnsCase =>
  dnsCase({ ...fields, name: `dnsmasq: ${fields.name}`, target: (place) => `127.0.0.1:${place.dnsmasq}` });

const about = (name: string, type: string, ...regexps: readonly string[]): string =>
  `query_name: ${name}, query_type: ${type}${
    regexps.length === 0
      ? ""
      : `, validate_answer_rrs: { fail_if_not_matches_regexp: [${regexps.map((each) => JSON.stringify(each)).join(", ")}] }`
  }`;

/** Answers of real name servers. */
export const servers: readonly DnsCase[] = [
  unbound({
    name: "address",
    verdict: "success",
    dns: about("zone.test", "A", "^zone\\.test\\.\t300\tIN\tA\t192\\.0\\.2\\.1$"),
  }),
  unbound({ name: "IPv6 address", verdict: "success", dns: about("zone.test", "AAAA", "\t2001:db8::1$") }),
  unbound({
    name: "serial number",
    verdict: "success",
    dns: about("zone.test", "SOA", " 2026113001 7200 3600 1209600 300$"),
  }),
  unbound({
    name: "texts",
    verdict: "success",
    dns: about("zone.test", "TXT", '\t"v=spf1 -all" "a \\\\"quoted\\\\" text"$'),
  }),
  unbound({
    name: "service",
    verdict: "success",
    dns: about("_sip._udp.zone.test", "SRV", "\t1 2 5060 sip\\.zone\\.test\\.$"),
  }),
  unbound({
    name: "reverse",
    verdict: "success",
    dns: about("1.2.0.192.in-addr.arpa", "PTR", "\tzone\\.test\\.$"),
  }),
  unbound({
    name: "another address than wanted",
    verdict: "failure",
    dns: about("zone.test", "A", "192\\.0\\.2\\.2$"),
  }),
  unbound({ name: "unknown name", verdict: "failure", dns: about("nothing.zone.test", "A") }),
  unbound({
    name: "unknown name that is accepted",
    verdict: "success",
    dns: `${about("nothing.zone.test", "A")}, valid_rcodes: [NXDOMAIN], validate_authority_rrs: { fail_if_none_matches_regexp: ["SOA"] }`,
  }),
  unbound({ name: "unknown type", verdict: "failure", dns: about("zone.test", "LOC", ".") }),
  unbound({ name: "refused", verdict: "failure", dns: about("refused.test", "A") }),
  unbound({ name: "any", verdict: "success", dns: about("zone.test", "ANY") }),
  unbound({ name: "zone transfer", verdict: "failure", dns: about("zone.test", "AXFR") }),
  unbound({ name: "truncated", verdict: "success", dns: about("many.zone.test", "A") }),
  unbound({
    name: "truncated with a rule",
    verdict: "failure",
    dns: about("many.zone.test", "A", "\t192\\.0\\.2\\.\\d+$"),
    differs: { "truncated-answers": ["probe_success: 0 -> 1", "probe_dns_answer_rrs: 0 -> 60"] },
  }),
  unbound({
    name: "many over TCP",
    verdict: "success",
    dns: `transport_protocol: tcp, ${about("many.zone.test", "A", "192")}`,
  }),
  dnsCase({
    name: "unbound: over TLS",
    verdict: "success",
    dns: `transport_protocol: tcp, dns_over_tls: true, tls_config: { ca_file: "{folder}/ca.pem" }, ${about("zone.test", "A", "192")}`,
    target: ({ unboundTls }) => `127.0.0.1:${unboundTls}`,
    differs: { "certificates-of-name-servers": ACCEPTED_CERTIFICATE },
  }),
  dnsCase({
    name: "unbound: at its IPv6 address",
    verdict: "success",
    dns: about("zone.test", "A", "192"),
    target: (place) => `[::1]:${place.unbound}`,
  }),

  dnsmasq({
    name: "address",
    verdict: "success",
    dns: about("zone.test", "A", "^zone\\.test\\.\t0\tIN\tA\t192\\.0\\.2\\.1$"),
  }),
  dnsmasq({
    name: "alias",
    verdict: "success",
    dns: `query_name: alias.zone.test, query_type: AAAA, validate_answer_rrs: { fail_if_none_matches_regexp: ["^host\\\\.zone\\\\.test\\\\.\\t.*2001:db8::2$"] }`,
  }),
  dnsmasq({ name: "texts", verdict: "success", dns: about("zone.test", "TXT", '\t"v=spf1 -all" "second"$') }),
  dnsmasq({ name: "mail", verdict: "success", dns: about("zone.test", "MX", "\t10 mail\\.zone\\.test\\.$") }),
  dnsmasq({
    name: "service",
    verdict: "success",
    dns: about("_sip._udp.zone.test", "SRV", "\t1 2 5060 sip\\.zone\\.test\\.$"),
  }),
  dnsmasq({
    name: "authorities",
    verdict: "success",
    dns: about("zone.test", "CAA", '\t0 issue "ca\\.test"$'),
  }),
  dnsmasq({
    name: "rewriting",
    verdict: "success",
    dns: about("zone.test", "NAPTR", '\t10 20 "u" "E2U\\+sip" "!\\^\\.\\*\\$!sip:x@zone\\.test!" \\.$'),
  }),
  dnsmasq({
    name: "version",
    verdict: "success",
    dns: `query_class: CH, ${about("version.bind", "TXT", '\t0\tCH\tTXT\t"dnsmasq-[0-9.]+"$')}`,
  }),
  dnsmasq({ name: "refused", verdict: "failure", dns: about("elsewhere.test", "A") }),
  dnsmasq({
    name: "over TCP",
    verdict: "success",
    dns: `transport_protocol: tcp, ${about("zone.test", "A", "192")}`,
  }),
];
