import { describe, expect, test } from "vitest";
import { dnsProber } from "../../../src/probers/dns/prober.ts";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import { compile, moduleOf } from "./probe.ts";

const problemsOf = (options: DnsOptions): readonly string[] =>
  compile({ query_name: "a", ...options }).problems.map((problem) =>
    problem.replace(/(one of|codes:) [A-Z].*/, "$1 ..."),
  );

describe("options", () => {
  test.each([
    [{ query_name: "a..b" }, 'query_name: got "a..b" with an empty label, want a domain name'],
    [{ query_type: "a" }, 'query_type: got "a", want one of ...'],
    [{ query_type: "toString" }, 'query_type: got "toString", want one of ...'],
    [{ query_class: "INET" }, 'query_class: got "INET", want one of ...'],
    [
      { dns_over_tls: true },
      "dns_over_tls: got true with transport_protocol udp, want transport_protocol tcp",
    ],
    [{ source_ip_address: "eth0" }, 'source_ip_address: got "eth0", want an IP address'],
    [{ valid_rcodes: ["NOERROR", "3"] }, 'valid_rcodes.1: got "3", want names of response codes: ...'],
    [{ valid_rcodes: [] }, "valid_rcodes: got an empty list, want names of response codes: ..."],
  ] as const)("%j is refused", (options, problem) => {
    expect(problemsOf(options as DnsOptions)).toEqual([problem]);
  });

  test("defaults are those of blackbox_exporter", () => {
    const module = moduleOf({ query_name: "a", query_type: "", query_class: "", transport_protocol: "" });
    expect(module).toMatchObject({
      question: { name: "a.", type: 255, class: 1 },
      recursionDesired: true,
      transport: "udp",
      localAddress: undefined,
      ip: { preferred: 6, fallback: true },
    });
    expect([...module.validRcodes]).toEqual([["NOERROR", 0]]);
  });

  test("a module without options asks for the root, and one with options needs a name", () => {
    const { module, problems, warnings } = compile({});
    expect(module.question).toEqual({ name: ".", type: 255, class: 1 });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(["query_name: is not set, so that the module asks for the root"]);
    expect(compile({ query_type: "A" }).problems).toEqual(["query_name: got nothing, want a domain name"]);
  });

  test("the rule that does the opposite of its name is mentioned", () => {
    const rules = { fail_if_all_match_regexp: ["a"] };
    expect(compile({ query_name: "a", validate_authority_rrs: rules }).warnings).toEqual([
      "validate_authority_rrs.fail_if_all_match_regexp: fails the probe unless all records match, as in blackbox_exporter, although its name says the opposite",
    ]);
  });
});

describe("configured targets", () => {
  const objectionTo = (address: string, configured = true): string | undefined =>
    dnsProber.objection({ address, configured }, moduleOf({}))?.part;

  test.each(["192.0.2.1", "192.0.2.1:53", "::1", "[::1]:53", "ns.example.com", "fe80::1%eth0"])(
    "%s",
    (address) => {
      expect(objectionTo(address)).toBeUndefined();
    },
  );

  test.each(["", ":53", "https://dns.google/dns-query", "a b", "ns:dns", "ns:99999", "[::1"])(
    "%s is refused",
    (address) => {
      expect(objectionTo(address)).toBe("target");
      expect(objectionTo(address, false)).toBeUndefined();
    },
  );
});
