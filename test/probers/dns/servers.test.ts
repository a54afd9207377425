import { beforeAll, describe, expect, test } from "vitest";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { type RealNameServer, startDnsmasq, startUnbound } from "../../helpers/name-servers.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const certificate = makeCertificate({ names: ["DNS:localhost", "IP:127.0.0.1"] });

let unbound: RealNameServer;
let dnsmasq: RealNameServer;
beforeAll(async () => {
  [unbound, dnsmasq] = await Promise.all([
    startUnbound(
      [
        'local-zone: "zone.test." static',
        'local-data: "zone.test. 300 IN SOA ns.zone.test. admin.zone.test. 42 7200 3600 1209600 300"',
        'local-data: "zone.test. 300 IN A 192.0.2.1"',
        'local-data: "zone.test. 300 IN AAAA 2001:db8::1"',
        'local-data: "zone.test. 300 IN MX 10 mail.zone.test."',
        `local-data: 'zone.test. 300 IN TXT "v=spf1 -all" "two"'`,
        'local-data: "zone.test. 300 IN CAA 0 issue ca.test"',
        ...Array.from({ length: 60 }, (_, i) => `local-data: "many.zone.test. 300 IN A 192.0.2.${i}"`),
        'local-zone: "refused.test." refuse',
      ],
      certificate,
    ),
    startDnsmasq(
      {},
      "--address=/zone.test/192.0.2.1",
      "--mx-host=zone.test,mail.zone.test,10",
      "--txt-record=zone.test,v=spf1 -all",
      "--cname=alias.zone.test,host.zone.test",
      "--host-record=host.zone.test,192.0.2.2,2001:db8::2",
    ),
  ]);
  return async () => {
    await unbound[Symbol.asyncDispose]();
    await dnsmasq[Symbol.asyncDispose]();
  };
});

const wanting = (...regexps: string[]): DnsOptions => ({
  validate_answer_rrs: { fail_if_not_matches_regexp: regexps },
});

describe.each([
  ["unbound", () => unbound],
  ["dnsmasq", () => dnsmasq],
] as const)("%s", (_, server) => {
  test.each([
    ["A", "^zone\\.test\\.\\t\\d+\\tIN\\tA\\t192\\.0\\.2\\.1$"],
    ["MX", "^zone\\.test\\.\\t\\d+\\tIN\\tMX\\t10 mail\\.zone\\.test\\.$"],
    ["TXT", '^zone\\.test\\.\\t\\d+\\tIN\\tTXT\\t"v=spf1 -all"( "two")?$'],
  ])("%s over UDP and TCP, to both versions of its address", async (query_type, regexp) => {
    for (const host of ["127.0.0.1", "[::1]"])
      for (const transport_protocol of ["udp", "tcp"] as const) {
        const options = { query_name: "zone.test", query_type, transport_protocol, ...wanting(regexp) };
        expect(detailOf(await probe(`${host}:${server().port}`, options))).toBe("");
      }
  });
});

describe("unbound", () => {
  test("the serial number of a zone", async () => {
    const result = await probe(`127.0.0.1:${unbound.port}`, { query_name: "zone.test", query_type: "SOA" });
    expect(valueIn(result, "probe_dns_serial")).toBe(42);
  });

  test("a truncated answer is completed over TCP", async () => {
    const options = { query_name: "many.zone.test", query_type: "A", ...wanting("192\\.0\\.2\\.\\d+$") };
    const result = await probe(`127.0.0.1:${unbound.port}`, options);
    expect(detailOf(result)).toBe("");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(60);
  });

  test("a name that does not exist, and one that is refused", async () => {
    const verdict = async (query_name: string): Promise<string> => {
      const result = await probe(`127.0.0.1:${unbound.port}`, { query_name });
      return `${verdictOf(result)}: ${detailOf(result)}`;
    };
    expect(await verdict("nothing.zone.test")).toBe("rcode: NXDOMAIN, want NOERROR");
    expect(await verdict("refused.test")).toBe("rcode: REFUSED, want NOERROR");
  });

  test("DNS over TLS", async () => {
    const options = {
      query_name: "zone.test",
      query_type: "CAA",
      transport_protocol: "tcp",
      dns_over_tls: true,
      tls_config: { ca: certificate.cert },
      ...wanting('^zone\\.test\\.\\t300\\tIN\\tCAA\\t0 issue "ca\\.test"$'),
    } as const;
    const result = await probe(`localhost:${unbound.tlsPort}`, { ...options, preferred_ip_protocol: "ip4" });
    expect(detailOf(result)).toBe("");
    expect(valueIn(result, 'probe_tls_version_info{version="TLS 1.3"}')).toBe(1);
  });
});

describe("dnsmasq", () => {
  test("an alias and its address", async () => {
    const result = await probe(`127.0.0.1:${dnsmasq.port}`, {
      query_name: "ALIAS.zone.test",
      query_type: "AAAA",
      validate_answer_rrs: {
        fail_if_none_matches_regexp: ["^host\\.zone\\.test\\.\\t0\\tIN\\tAAAA\\t2001:db8::2$"],
      },
    });
    expect(detailOf(result)).toBe("");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(2);
  });

  test("its version, in the class CH", async () => {
    const result = await probe(`127.0.0.1:${dnsmasq.port}`, {
      query_name: "version.bind",
      query_type: "TXT",
      query_class: "CH",
      ...wanting('^version\\.bind\\.\\t0\\tCH\\tTXT\\t"dnsmasq-'),
    });
    expect(detailOf(result)).toBe("");
  });
});
