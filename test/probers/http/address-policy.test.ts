import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ANY_ADDRESS,
  allowsHost,
  compileAddressPolicy,
  isAllowedTarget,
} from "../../../src/probers/address-policy.ts";
import { tcp } from "../query-response/probing.ts";

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

  test("allows every name, also one that a proxy resolves", () => {
    expect(open.refusesHost("example.com", 80)).toBeUndefined();
    expect(open.refusesUnresolved("example.com", 80)).toBeUndefined();
    expect(open.refusesUnresolved("example.com", 80, true)).toBeUndefined();
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
    ["a name with the address of an entry", "whatever.example", "192.0.2.7", 9999],
  ])("allows %s", (_, host, ip, port) => {
    expect(policy.refusesHost(host, port)).toBeUndefined();
    expect(policy.refusesAddress(ip, host, port)).toBeUndefined();
  });

  test.each([
    ["another name", "example.com", "203.0.113.1", 80],
    ["the domain of a wildcard itself", "internal.example", "203.0.113.1", 80],
    ["a name with the same ending", "evilinternal.example", "203.0.113.1", 80],
    ["a name that ends with another one", "evilapi.example.com", "203.0.113.1", 80],
    ["the ending of a wildcard", ".internal.example", "203.0.113.1", 80],
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
    expect(names.refusesHost("other.example.com", 443, true)).toBeUndefined();
  });

  test("compares the port of a name that a proxy resolves", () => {
    const names = compileAddressPolicy(["api.example.com:443", "*.example.org"]);
    expect(names.refusesUnresolved("api.example.com", 443)).toBeUndefined();
    expect(names.refusesUnresolved("api.example.com", 80)).toContain("not in allowed_targets");
    expect(names.refusesUnresolved("api.example.org", 80)).toBeUndefined();
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

describe("a refusal names the target and the reason", () => {
  const list = compileAddressPolicy(["10.0.0.0/8", "api.example.com:443"]);
  test.each([
    ["a name", list.refusesUnresolved("x.example", 80), "x.example:80 is not in allowed_targets"],
    ["the lowest port", list.refusesUnresolved("x.example", 1), "x.example:1 is not in allowed_targets"],
    [
      "a protocol without ports",
      list.refusesUnresolved("x.example", 0),
      "x.example is not in allowed_targets",
    ],
    ["an address", list.refusesHost("192.0.2.1", 80), "192.0.2.1 port 80 is not in allowed_targets"],
    [
      "an address, the lowest port",
      list.refusesHost("192.0.2.1", 1),
      "192.0.2.1 port 1 is not in allowed_targets",
    ],
    ["an address, without ports", list.refusesHost("192.0.2.1", 0), "192.0.2.1 is not in allowed_targets"],
    [
      "one of the readings of a number",
      list.refusesHost("012.0.0.1", 80),
      "12.0.0.1 port 80 is not in allowed_targets",
    ],
    [
      "an address with a zone",
      list.refusesAddress("fd00::1%eth0", "fd00::1%eth0", 80),
      "fd00::1 port 80 is not in allowed_targets",
    ],
    [
      "the address of a name",
      list.refusesAddress("192.0.2.1", "x.example", 80),
      "x.example (192.0.2.1) port 80 is not in allowed_targets",
    ],
    [
      "a metadata address that is not listed",
      list.refusesAddress("fe80::1%eth0", "x.example", 80),
      "fe80::1 is a link-local or metadata address and not itself in allowed_targets",
    ],
    [
      "a metadata address without a list",
      open.refusesHost("169.254.169.254", 80),
      "169.254.169.254 is a link-local or metadata address",
    ],
    [
      "a metadata name",
      open.refusesUnresolved("Metadata.", 80),
      "Metadata. is the name of a metadata service",
    ],
    ["a number", open.refusesUnresolved("1.2.3.256", 80), "1.2.3.256 is neither a name nor an address"],
  ])("%s", (_, refusal, text) => {
    expect(refusal).toBe(text);
  });
});

test("servers that only the configuration names may have any address", () => {
  expect(ANY_ADDRESS.refusesHost("169.254.169.254", 80)).toBeUndefined();
  expect(ANY_ADDRESS.refusesUnresolved("metadata", 80)).toBeUndefined();
  expect(ANY_ADDRESS.refusesAddress("169.254.169.254", "metadata", 80)).toBeUndefined();
});

describe("the hosts that a list names", () => {
  const list = ["api.example.com:443", "not a target", "*.internal.example", "10.1.0.0/16:8080", "[fd12::1]"];
  test.each([
    ["API.example.com.", list, true],
    ["a.internal.example", list, true],
    ["10.1.2.3", list, true],
    ["fd12::1", list, true],
    ["other.example", list, false],
    ["internal.example", list, false],
    ["10.2.2.3", list, false],
    ["fd12::2", list, false],
    ["other.example", [], false],
    ["other.example", undefined, true],
  ])("%s of %j: %s", (host, allowed, wanted) => {
    expect(allowsHost(allowed, host)).toBe(wanted);
  });
});

describe("entries of the option allowed_targets", () => {
  const FORM = "want a host name, *.example.com, an IP address or a CIDR range, optionally with :port";

  test("may be left out", () => {
    expect(tcp.compile({}).problems).toEqual([]);
  });

  test("may be as short as a letter, but not empty", () => {
    expect(tcp.compile({ allowed_targets: ["a"] }).problems).toEqual([]);
    expect(() => tcp.compile({ allowed_targets: [""] })).toThrow("fewer than 1 characters");
  });

  test("are reported where they cannot be parsed, each with its place", () => {
    expect(tcp.compile({ allowed_targets: ["a b", "example.com", "10.0.0.0/33"] }).problems).toEqual([
      `allowed_targets.0: got a b, ${FORM}`,
      `allowed_targets.2: got 10.0.0.0/33, ${FORM}`,
    ]);
  });
});

test.each([
  ["example.com:1", "example.com", 1],
  ["example.com:65535", "example.com", 65_535],
  ["Example.COM.", "example.com", 80],
  ["a_b-c.example", "a_b-c.example", 80],
  ["b\u00fccher.example", "b\u00fccher.example", 80],
  ["*.a", "x.a", 80],
  ["*.example.com:80", "x.example.com", 80],
  ["10.0.0.1:65535", "10.0.0.1", 65_535],
  ["10.0.0.0/8:443", "10.1.1.1", 443],
  ["fd12::1", "fd12::1", 80],
  ["[fd12::1]", "fd12::1", 80],
  ["[fd12::1]:1", "fd12::1", 1],
  ["fd12::/64", "fd12::1", 80],
  ["[fd12::/64]:443", "fd12::1", 443],
])("%j is an entry that admits %s port %d, and no other host", (entry, host, port) => {
  expect(isAllowedTarget(entry)).toBe(true);
  const policy = compileAddressPolicy([entry]);
  expect(policy.refusesHost(host, port)).toBeUndefined();
  expect(policy.refusesAddress("203.0.113.1", "other.test", port)).toBeDefined();
});

test.each([
  "",
  "*",
  "*.",
  "a b",
  "example.com:0",
  "example.com:65536",
  "example.com:",
  "example.com:-1",
  "10.0.0.1:0",
  "[fd12::1",
  "fd12::1]:443",
  ".example.com",
  "*..example.com",
  "a..b",
  "10.0.0.0/33",
  "fd00::/129",
  "http://x",
  "x/8",
])("%j is not a valid entry", (entry) => {
  expect(isAllowedTarget(entry)).toBe(false);
  expect(() => compileAddressPolicy([entry])).toThrow("want a host name");
});
