import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAddressPolicy, isAllowedTarget } from "../../../src/probers/address-policy.ts";

const open = compileAddressPolicy(undefined);

describe("without a list", () => {
  test.each([
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1:a9:fe:a9fe::",
    "64:ff9b:1:0:a9:fea9:fe00:0",
    "2002:a9fe:a9fe::",
    "2002:a9fe:a9fe::1",
    "::a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::23",
    "fd00:42::42",
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "64:ff9b::a83f:8110",
    "2002:a83f:8110::",
    "192.0.0.192",
    "::ffff:192.0.0.192",
    "64:ff9b::192.0.0.192",
    "2002:6464:64c8::1",
  ])("refuses %s", (ip) => {
    expect(open.refusesAddress(ip, "innocent.example", 80)).toContain("metadata address");
    expect(open.refusesHost(ip, 80)).toContain("metadata address");
    expect(open.refusesAddress(ip, ip, 80, true)).toContain("metadata address");
  });

  test.each([
    "127.0.0.1",
    "10.0.0.1",
    "169.253.255.255",
    "::1",
    "fec0::1",
    "fd00:ec2::253",
    "100.100.100.201",
    "168.63.129.17",
    "192.0.0.193",
    "64:ff9b::192.0.2.1",
    "64:ff9b:1::c000:201",
    "2002:c000:201::1",
    "2001:db8::a9fe:a9fe",
    "::",
  ])("allows %s", (ip) => {
    expect(open.refusesAddress(ip, "example.com", 80)).toBeUndefined();
    expect(open.refusesHost(ip, 80)).toBeUndefined();
  });

  test("refuses every link-local IPv4 address, also IPv4-mapped", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), (a, b) => {
        expect(open.refusesAddress(`169.254.${a}.${b}`, "x", 80)).toBeDefined();
        expect(open.refusesAddress(`::ffff:169.254.${a}.${b}`, "x", 80)).toBeDefined();
      }),
    );
  });
});

describe("with a list", () => {
  const policy = compileAddressPolicy([
    "api.example.com",
    "*.internal.example",
    "10.1.0.0/16:8080",
    "[fd12::1]:443",
    "192.0.2.7",
  ]);

  test.each([
    ["a name", "api.example.com", "203.0.113.1", 80],
    ["a name in another case, with a trailing dot", "API.example.com.", "203.0.113.1", 80],
    ["a name under a wildcard", "a.b.internal.example", "203.0.113.1", 80],
    ["an address of a range on its port", "whatever.example", "10.1.2.3", 8080],
    ["an address of a range, IPv4-mapped", "whatever.example", "::ffff:10.1.2.3", 8080],
    ["an IPv6 address on its port", "fd12::1", "fd12::1", 443],
    ["an address", "192.0.2.7", "192.0.2.7", 9999],
  ])("allows %s", (_, host, ip, port) => {
    expect(policy.refusesHost(host, port)).toBeUndefined();
    expect(policy.refusesAddress(ip, host, port)).toBeUndefined();
  });

  test.each([
    ["another name", "example.com", "203.0.113.1", 80],
    ["the domain of a wildcard itself", "internal.example", "203.0.113.1", 80],
    ["a name with the same ending", "evilinternal.example", "203.0.113.1", 80],
    ["an address of a range on another port", "10.1.2.3", "10.1.2.3", 80],
    ["an allowed name that resolves to a metadata address", "api.example.com", "169.254.169.254", 80],
  ])("refuses %s", (_, host, ip, port) => {
    expect(policy.refusesAddress(ip, host, port)).toBeDefined();
  });

  test("refuses a name before resolution if no entry can match its addresses", () => {
    const names = compileAddressPolicy(["api.example.com:443"]);
    expect(names.refusesHost("other.example.com", 443)).toContain("not in allowed_targets");
    expect(names.refusesHost("api.example.com", 80)).toContain("not in allowed_targets");
    expect(names.refusesHost("api.example.com", 443)).toBeUndefined();
  });

  test("allows configured targets, except metadata addresses", () => {
    expect(policy.refusesHost("other.example", 80, true)).toBeUndefined();
    expect(policy.refusesAddress("203.0.113.9", "other.example", 80, true)).toBeUndefined();
    expect(policy.refusesAddress("169.254.1.1", "other.example", 80, true)).toBeDefined();
  });

  test("an empty list allows no target", () => {
    const nothing = compileAddressPolicy([]);
    expect(nothing.refusesHost("example.com", 80)).toBeDefined();
    expect(nothing.refusesAddress("127.0.0.1", "127.0.0.1", 80)).toBeDefined();
  });

  test("a list may contain a metadata address", () => {
    const metadata = compileAddressPolicy(["169.254.169.254"]);
    expect(metadata.refusesHost("169.254.169.254", 80)).toBeUndefined();
    expect(metadata.refusesAddress("169.254.169.253", "x", 80)).toBeDefined();
  });

  test("a range allows exactly its addresses", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, base, bits) => {
        const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
        const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
        const inside = (number(ip) & mask) >>> 0 === (number(base) & mask) >>> 0;
        const allowed = compileAddressPolicy([`${base}/${bits}`]).refusesAddress(ip, ip, 80) === undefined;
        expect(allowed).toBe(inside);
      }),
    );
  });
});

test.each([
  "",
  "*",
  "*.",
  "a b",
  "example.com:0",
  "example.com:70000",
  "10.0.0.0/33",
  "fd00::/129",
  "http://x",
  "x/8",
])("%j is not a valid entry", (entry) => {
  expect(isAllowedTarget(entry)).toBe(false);
  expect(() => compileAddressPolicy([entry])).toThrow("want a host name");
});
