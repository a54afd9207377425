import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAddressPolicy } from "../../src/probers/address-policy.ts";
import { spellingOf } from "../../src/probers/host-spellings.ts";

const bytesOf = (ip: string): readonly number[] => ip.split(".").map(Number);
const numberOf = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

/** Writes a number as some program reads it: decimal, hexadecimal or octal, with zeros before it. */
const numeral = fc.constantFrom(
  (n: number) => String(n),
  (n: number) => `0x${n.toString(16)}`,
  (n: number) => `0X${n.toString(16).toUpperCase()}`,
  (n: number) => `0x000${n.toString(16)}`,
  (n: number) => `0${n.toString(8)}`,
  (n: number) => `0000${n.toString(8)}`,
);

const fullWidth = (text: string): string =>
  text.replaceAll(/[!-~]/g, (c) => String.fromCodePoint((c.codePointAt(0) ?? 0) + 0xfee0));
const escaped = (text: string): string =>
  text.replaceAll(/./g, (c) => `%${(c.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);

/** Disguises a text so that some program still reads the same. */
const disguise = fc.constantFrom(
  (text: string) => text,
  (text: string) => `${text}.`,
  (text: string) => `${text}..`,
  fullWidth,
  escaped,
  (text: string) => escaped(escaped(text)),
  (text: string) => text.replaceAll(".", "\u3002"),
);

/** An address in one of its spellings: the first bytes each alone, the others as one number. */
const spelled = (ip: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.tuple(numeral, numeral, numeral, numeral), disguise)
    .map(([alone, numerals, hide]) => {
      const bytes = bytesOf(ip);
      const parts = [...bytes.slice(0, alone), numberOf(bytes.slice(alone))];
      return hide(parts.map((part, i) => numerals[i]?.(part) ?? "").join("."));
    });

/** Addresses that give credentials. */
const METADATA = ["169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "169.254.170.2"];

describe("spellings of addresses", () => {
  test("are refused like the address, whether a proxy resolves them or not, also for configured targets", () => {
    const open = compileAddressPolicy(undefined);
    const listed = compileAddressPolicy(["example.com", "10.0.0.0/8"]);
    const hidden = fc.constantFrom(...METADATA).chain(spelled);
    fc.assert(
      fc.property(hidden, fc.boolean(), (host, configured) => {
        for (const policy of [open, listed]) {
          expect(policy.refusesHost(host, 80, configured)).toBeDefined();
          expect(policy.refusesUnresolved(host, 80, configured)).toBeDefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["2852039166", "169.254.169.254"],
    ["0xA9FEA9FE", "169.254.169.254"],
    ["0251.0376.0251.0376", "169.254.169.254"],
    ["169.254.43518", "169.254.169.254"],
    ["127.1", "127.0.0.1"],
    ["127.0.0.1.", "127.0.0.1"],
    ["\uff11\uff16\uff19.254.169.254", "169.254.169.254"],
    ["%31%36%39.254.169.254", "169.254.169.254"],
    ["::ffff:169.254.169.254", "::ffff:169.254.169.254"],
  ])("%s is %s", (host, ip) => {
    expect(spellingOf(host)).toEqual({ kind: "addresses", ips: expect.arrayContaining([ip]) });
  });

  test("with leading zeros have both readings", () => {
    expect(spellingOf("0100.0100.0100.0200")).toEqual({
      kind: "addresses",
      ips: ["64.64.64.128", "100.100.100.200"],
    });
    const tens = compileAddressPolicy(["10.0.0.0/8"]);
    // Octal it is 10.0.0.1, decimal 12.0.0.1.
    expect(tens.refusesHost("012.0.0.1", 80)).toBeDefined();
    expect(tens.refusesHost("10.0.0.1", 80)).toBeUndefined();
    expect(tens.refusesHost("167772161", 80)).toBeUndefined();
  });

  test.each(["1.2.3.256", "169.254.169.510", "4294967296", "0x1ffffffff", "1.2.3.4.5", "09.1.1.1", "a.1"])(
    "%s is no name",
    (host) => {
      expect(spellingOf(host).kind).toBe("malformed");
      const policy = compileAddressPolicy(undefined);
      expect(policy.refusesUnresolved(host, 80)).toContain("neither a name nor an address");
      // The exporter's own resolver says what is wrong, and its addresses are checked.
      expect(policy.refusesHost(host, 80)).toBeUndefined();
    },
  );

  test.each([
    "example.com",
    "example.com.",
    "0x.example",
    "1.example",
    "3com",
    "xn--bcher-kva.example",
    "",
    "a_b",
  ])("%j is a name", (host) => {
    expect(spellingOf(host)).toEqual({ kind: "name" });
  });
});

describe("a name that a proxy resolves", () => {
  const open = compileAddressPolicy(undefined);

  test.each(["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"])(
    "%s is refused unless it is listed",
    (host) => {
      expect(open.refusesUnresolved(host, 80)).toContain("metadata service");
      expect(open.refusesUnresolved(host, 80, true)).toContain("metadata service");
      // Its addresses decide where the exporter resolves it.
      expect(open.refusesHost(host, 80)).toBeUndefined();
      expect(compileAddressPolicy([host]).refusesUnresolved(host, 80)).toBeUndefined();
    },
  );

  test("is not admitted by an entry with an address, which nothing compares", () => {
    const policy = compileAddressPolicy(["10.0.0.0/8", "*.example.com"]);
    expect(policy.refusesHost("other.example", 80)).toBeUndefined();
    expect(policy.refusesUnresolved("other.example", 80)).toContain("not in allowed_targets");
    expect(policy.refusesUnresolved("a.example.com", 80)).toBeUndefined();
    expect(policy.refusesUnresolved("10.1.1.1", 80)).toBeUndefined();
    expect(policy.refusesUnresolved("other.example", 80, true)).toBeUndefined();
  });
});
