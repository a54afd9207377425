import { describe, expect, test } from "vitest";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import { A, data, hex, name, RESPONSE, record, u8, u16, u32 } from "../../helpers/dns-messages.ts";
import { answering } from "../../helpers/name-server.ts";
import { askServer, TCP, TLS } from "./asking.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const { ask } = askServer();

describe("a query", () => {
  test.each([
    [{}, "0100"],
    [{ recursion_desired: false }, "0000"],
    [TCP, "0100"],
    [TLS, "0100"],
  ] as const)("with %j has one question and no EDNS", async (options, flags) => {
    const asked = await ask(answering({ answer: [A] }), options);
    expect(asked.outcome).toEqual({ ok: true });
    expect(asked.received.map(({ content }) => content.subarray(2).toString("hex"))).toEqual([
      data(hex(`${flags} 0001 0000 0000 0000`), name(asked.name), u16(1, 1)).toString("hex"),
    ]);
  });

  test("has an id that differs from probe to probe", async () => {
    const ids = new Set<number>();
    for (let i = 0; i < 5; i += 1) {
      const { received } = await ask(answering());
      ids.add(received[0]?.content.readUInt16BE() ?? -1);
    }
    expect(ids.size).toBeGreaterThan(1);
  });
});

describe("an answer", () => {
  test("has its numbers of records, and the serial number of a zone", async () => {
    const soa = (serial: number) => record(6, data(name("a"), name("b"), u32(serial, 0, 0, 0, 0)));
    const result = await ask(
      answering({ answer: [soa(1), soa(4_294_967_295), A], authority: [A, A], additional: [A] }),
      { query_type: "SOA" },
    );
    expect(verdictOf(result)).toBe("success");
    const values = ["answer_rrs", "authority_rrs", "additional_rrs", "serial", "query_succeeded", "retries"];
    expect(values.map((each) => valueIn(result, `probe_dns_${each}`))).toEqual([
      3, 2, 1, 4_294_967_295, 1, 0,
    ]);
  });

  test("without the zone has the serial number 0, one about another type none", async () => {
    expect(valueIn(await ask(answering(), { query_type: "SOA" }), "probe_dns_serial")).toBe(0);
    expect(valueIn(await ask(answering()), "probe_dns_serial")).toBeUndefined();
  });

  test.each([
    ["NXDOMAIN", 3, {}, "rcode"],
    ["NXDOMAIN", 3, { valid_rcodes: ["NOERROR", "NXDOMAIN"] }, "success"],
    ["NOERROR", 0, { valid_rcodes: ["NXDOMAIN"] }, "rcode"],
    ["NOTIMP", 4, { valid_rcodes: ["NOTIMPL"] }, "success"],
    ["RCODE15", 15, { valid_rcodes: ["NXDOMAIN", "REFUSED"] }, "rcode"],
  ] as const)("with the code %s (%s) and %j: %s", async (text, rcode, options, verdict) => {
    const result = await ask(answering({ flags: RESPONSE | rcode }), options as DnsOptions);
    expect(verdictOf(result)).toBe(verdict);
    if (verdict === "rcode") expect(detailOf(result)).toMatch(new RegExp(`^${text}, want N[A-Z]+`));
    expect(valueIn(result, "probe_dns_query_succeeded")).toBe(1);
  });

  test("is judged section by section, after its code", async () => {
    const rules = { fail_if_not_matches_regexp: ["127\\.0\\.0\\.1$"] };
    const all = { validate_answer_rrs: rules, validate_authority_rrs: rules, validate_additional_rrs: rules };
    const other = record(1, u8(127, 0, 0, 2));
    const verdicts = [
      await ask(answering({ answer: [A], authority: [A], additional: [A] }), all),
      await ask(answering({ answer: [A], authority: [A], additional: [other] }), all),
      await ask(answering({ answer: [A], authority: [other] }), all),
      await ask(answering({ answer: [other], authority: [other] }), all),
      await ask(answering({ flags: RESPONSE | 2 }), all),
    ].map((result) => `${verdictOf(result)}: ${detailOf(result).replace(/case\d+\.test\.\S+ /, "")}`);
    expect(verdicts).toEqual([
      "success: ",
      "record_mismatch: additional: does not match 127\\.0\\.0\\.1$",
      "record_mismatch: authority: does not match 127\\.0\\.0\\.1$",
      "record_mismatch: answer: does not match 127\\.0\\.0\\.1$",
      "rcode: SERVFAIL, want NOERROR",
    ]);
  });
});

test("a query from an address of the machine", async () => {
  const used = await ask(answering(), { source_ip_address: "127.0.0.1" });
  expect(verdictOf(used)).toBe("success");
  for (const options of [{}, TCP]) {
    const foreign = await ask(answering(), { ...options, source_ip_address: "192.0.2.77" });
    expect(verdictOf(foreign)).toBe("connect");
    expect(detailOf(foreign)).toContain("EADDRNOTAVAIL");
    const ipv6 = await ask(answering(), { ...options, source_ip_address: "::1" });
    expect(verdictOf(ipv6)).toBe("connect");
  }
});

test("allowed_targets and metadata addresses are kept to", async () => {
  const other = await ask(answering(), {}, { allowedTargets: ["192.0.2.1"] });
  expect(verdictOf(other)).toBe("forbidden_target");
  expect(other.received).toEqual([]);
  expect(verdictOf(await probe("169.254.169.253"))).toBe("forbidden_target");
});

test("the log says what was asked and answered", async () => {
  const lines: string[] = [];
  const asked = await ask(
    answering({ answer: [A] }),
    {},
    { log: (message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`) },
  );
  expect(lines).toEqual([
    'chose an address {"host":"127.0.0.1","ip":"127.0.0.1"}',
    `asking {"question":"${asked.name}. IN A","transport":"udp","recursion_desired":true}`,
    'answer {"rcode":"NOERROR","authoritative":false,"truncated":false,"answer":1,"authority":0,"additional":0}',
    `judging a record {"section":"answer","record":"${asked.name}.\\\\t60\\\\tIN\\\\tA\\\\t127.0.0.1"}`,
  ]);
});
