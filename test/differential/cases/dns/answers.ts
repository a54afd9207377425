import { A, data, LOCAL, name, RESPONSE, record, string, u8, u32 } from "../../../helpers/dns-messages.ts";
import { answering } from "../../../helpers/name-server.ts";
import { type DnsCase, dnsCase } from "./case.ts";

const B = record(1, u8(127, 0, 0, 2));
const NS = record(2, name("ns.test"));
const soa = (serial: number) => record(6, data(name("ns.test"), name("admin.test"), u32(serial, 1, 2, 3, 4)));
const opt = (ttl: number) => record(41, u8(), { owner: u8(0), class: 1232, ttl });
const coded = (rcode: number) => answering({ flags: RESPONSE | rcode });

/** Types that are known by name, also those that no record has, and unusual ones. */
const TYPES = ["None", "AXFR", "IXFR", "MAILB", "OPT", "TSIG", "NSAP-PTR", "Reserved", "TYPE", "HTTPS"].slice(
  0,
  8,
);

/** Questions, and the judgement of answers. */
export const answers: readonly DnsCase[] = [
  { ...dnsCase({ name: "no options", verdict: "success" }), label: "", module: "{ prober: dns }" },
  dnsCase({ name: "an address", verdict: "success" }),
  dnsCase({ name: "no records", verdict: "success", respond: answering() }),
  dnsCase({
    name: "no type asks for any",
    verdict: "success",
    dns: 'query_type: ""',
    respond: answering({ answer: [A, NS] }),
  }),
  dnsCase({ name: "without recursion", verdict: "success", dns: "recursion_desired: false" }),
  dnsCase({
    name: "another class",
    verdict: "success",
    dns: "query_class: CH, query_type: TXT",
    respond: answering({ answer: [record(16, string("x"), { class: 3 })] }),
  }),
  dnsCase({ name: "the class any", verdict: "success", dns: "query_class: ANY" }),
  dnsCase({ name: "the class none", verdict: "success", dns: "query_class: NONE" }),
  dnsCase({ name: "an empty class", verdict: "success", dns: 'query_class: ""' }),
  ...TYPES.map((type) =>
    dnsCase({
      name: `the type ${type}`,
      verdict: type === "TYPE" ? "failure" : "success",
      dns: `query_type: ${type}`,
      respond: answering(),
    }),
  ),
  dnsCase({
    name: "a name with a dot at its end",
    verdict: "success",
    asks: "a-name-with-a-dot-at-its-end.test.",
  }),
  dnsCase({ name: "a name in capitals", verdict: "success", asks: "A-Name-In-Capitals.TEST" }),
  dnsCase({
    name: "a name with escapes",
    verdict: "success",
    asks: String.raw`a-name-with-escapes.a\.b\032\\c\255.test`,
  }),
  dnsCase({ name: "a name in UTF-8", verdict: "success", asks: "a-name-in-utf-8.bücher.test" }),
  dnsCase({ name: "a wildcard", verdict: "success", asks: "a-wildcard.*._tcp.test" }),

  dnsCase({
    name: "counts of all sections",
    verdict: "success",
    respond: answering({ answer: [A, B, A], authority: [NS, NS], additional: [A, opt(0)] }),
  }),
  dnsCase({
    name: "a serial number",
    verdict: "success",
    dns: "query_type: SOA",
    respond: answering({ answer: [soa(4_294_967_295)] }),
  }),
  dnsCase({
    name: "two serial numbers",
    verdict: "success",
    dns: "query_type: SOA",
    respond: answering({ answer: [soa(1), A, soa(2)] }),
  }),
  dnsCase({
    name: "no serial number",
    verdict: "success",
    dns: "query_type: SOA",
    respond: answering({ authority: [soa(1)] }),
  }),
  dnsCase({
    name: "a serial number with an error",
    verdict: "failure",
    dns: "query_type: SOA",
    respond: answering({ flags: RESPONSE | 2, answer: [soa(3)] }),
  }),
  dnsCase({
    name: "an SOA record without data",
    verdict: "success",
    dns: "query_type: SOA",
    respond: answering({ answer: [record(6, u8())] }),
  }),
  dnsCase({
    name: "an SOA record in answer to another type",
    verdict: "success",
    respond: answering({ answer: [soa(3)] }),
  }),

  dnsCase({ name: "NXDOMAIN", verdict: "failure", respond: coded(3) }),
  dnsCase({
    name: "NXDOMAIN accepted",
    verdict: "success",
    dns: "valid_rcodes: [NXDOMAIN]",
    respond: coded(3),
  }),
  dnsCase({ name: "NOERROR not accepted", verdict: "failure", dns: "valid_rcodes: [NXDOMAIN, REFUSED]" }),
  dnsCase({
    name: "REFUSED as the second of two codes",
    verdict: "success",
    dns: "valid_rcodes: [NXDOMAIN, REFUSED]",
    respond: coded(5),
  }),
  dnsCase({
    name: "NOTIMP by its old name",
    verdict: "success",
    dns: "valid_rcodes: [NOTIMPL]",
    respond: coded(4),
  }),
  dnsCase({
    name: "NOTIMP by its name",
    verdict: "success",
    dns: "valid_rcodes: [NOTIMP]",
    respond: coded(4),
  }),
  dnsCase({
    name: "a code without a name",
    verdict: "failure",
    dns: "valid_rcodes: [NOERROR, NXDOMAIN]",
    respond: coded(13),
  }),
  dnsCase({
    name: "a code of EDNS",
    verdict: "success",
    dns: "valid_rcodes: [BADCOOKIE]",
    respond: answering({ flags: RESPONSE | 7, additional: [opt(0x0100_0000)] }),
  }),
  dnsCase({
    name: "a code of EDNS that is not accepted",
    verdict: "failure",
    respond: answering({ additional: [opt(0x0100_0000)] }),
  }),
  dnsCase({
    name: "the code of the last of two OPT records",
    verdict: "success",
    respond: answering({ additional: [opt(0x0200_0000), opt(0)] }),
  }),
  dnsCase({
    name: "an error as a header alone",
    verdict: "success",
    dns: "valid_rcodes: [REFUSED]",
    respond: ({ content }, { send }) => {
      const header = Buffer.from(content.subarray(0, 12));
      header.writeUInt16BE(RESPONSE | 5, 2);
      send(header);
    },
  }),
  dnsCase({
    name: "an error without its question",
    verdict: "success",
    dns: "valid_rcodes: [FORMERR]",
    respond: answering({ flags: RESPONSE | 1, question: u8() }),
  }),

  ...(["answer", "authority", "additional"] as const).flatMap((section) => {
    const rule = (kind: string, ...regexps: readonly string[]): string =>
      `validate_${section}_rrs: { fail_if_${kind}_regexp: [${regexps.map((each) => JSON.stringify(each)).join(", ")}] }`;
    const both = answering({ [section]: [A, B] });
    const one = String.raw`\tA\t127\.0\.0\.1$`;
    const two = String.raw`\tA\t127\.0\.0\.2$`;
    const either = String.raw`\t127\.0\.0\.[12]$`;
    return (
      [
        ["matches, one does", "failure", rule("matches", two), both],
        ["matches, none does", "success", rule("matches", "nothing"), both],
        ["matches, without records", "success", rule("matches", "."), answering()],
        ["not matches, one does not", "failure", rule("not_matches", one), both],
        ["not matches, all do", "success", rule("not_matches", either), both],
        ["not matches, one of two expressions", "failure", rule("not_matches", either, one), both],
        ["not matches, without records", "failure", rule("not_matches", "."), answering()],
        ["all match, all do", "success", rule("all_match", either), both],
        ["all match, one does not", "failure", rule("all_match", one), both],
        ["all match, without records", "success", rule("all_match", "."), answering()],
        ["none matches, one does", "success", rule("none_matches", "nothing", two), both],
        ["none matches, none does", "failure", rule("none_matches", "nothing"), both],
        ["none matches, without records", "failure", rule("none_matches", "."), answering()],
      ] as const
    ).map(([title, verdict, dns, respond]) =>
      dnsCase({ name: `${section} ${title}`, verdict, dns, respond }),
    );
  }),
  dnsCase({
    name: "rules of all kinds and sections",
    verdict: "success",
    dns: String.raw`validate_answer_rrs: { fail_if_matches_regexp: ['\tAAAA\t'], fail_if_not_matches_regexp: ['^rules'], fail_if_none_matches_regexp: ['1$'], fail_if_all_match_regexp: ['IN'] }, validate_authority_rrs: { fail_if_not_matches_regexp: ['\tNS\t'] }, validate_additional_rrs: { fail_if_none_matches_regexp: ['udp: 1232'] }`,
    respond: answering({
      answer: [A, B],
      authority: [NS],
      additional: [record(1, LOCAL, { owner: name("ns.test") }), opt(0)],
    }),
  }),
  dnsCase({
    name: "an alias and its address",
    verdict: "failure",
    dns: String.raw`validate_answer_rrs: { fail_if_not_matches_regexp: ['\tA\t'] }`,
    respond: answering({
      answer: [record(5, name("other.test")), record(1, LOCAL, { owner: name("other.test") })],
    }),
  }),
];
