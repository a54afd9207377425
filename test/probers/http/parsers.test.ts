import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSize } from "../../../src/core/units.ts";
import { compileStatusRule } from "../../../src/probers/http/rules.ts";
import { acceptsEncoding } from "../../../src/probers/http/transport/body.ts";
import { followLocation, formatAddress, parseAddress } from "../../../src/probers/http-address.ts";
import { canonicalName, parseHttpDate, valueOf, valuesOf } from "../../../src/probers/http-headers.ts";
import { addressBytes, hashAddress } from "../../../src/probers/ip.ts";

describe("addresses", () => {
  test.each([
    ["example.com", "http://example.com/", 80],
    ["example.com:8080/x?y#z", "http://example.com:8080/x?y", 8080],
    ["HTTPS://Example.com", "https://Example.com/", 443],
    ["http://example.com?q=1", "http://example.com/?q=1", 80],
    ["http://example.com/a/../b//c/%2e", "http://example.com/a/../b//c/%2e", 80],
    ["http://example.com/a b|ü?c d", "http://example.com/a%20b%7C%C3%BC?c%20d", 80],
    ["http://[::1]:81/", "http://[::1]:81/", 81],
    ["[fd00::1]", "http://[fd00::1]/", 80],
    ["http://user:pa%3Ass@example.com/", "http://example.com/", 80],
    ["http://example.com:/", "http://example.com/", 80],
    ["bücher.example", "http://xn--bcher-kva.example/", 80],
    ["ftp://example.com/", "http://ftp//example.com/", 80],
    ["http://exa mple.com/", undefined, 0],
    ["http://example.com:99999/", "http://example.com:99999/", 99_999],
    ["http://example.com:x/", undefined, 0],
    ["http://[::zz]/", undefined, 0],
    ["http://example.com/%zz", undefined, 0],
    ["http://example.com/\n", undefined, 0],
  ])("%s is %s", (text, formatted, port) => {
    const address = parseAddress(text);
    if (typeof address === "string") {
      expect(formatted).toBeUndefined();
    } else {
      expect([formatAddress(address), address.port]).toEqual([formatted, port]);
    }
  });

  test("credentials are separate and decoded", () => {
    expect(parseAddress("http://user:pa%3Ass@example.com/")).toMatchObject({
      userinfo: "user:pa:ss",
      host: "example.com",
      authority: "example.com",
    });
  });

  test.each([
    ["/b?c", "http://h:81/b?c", true],
    ["b", "http://h:81/a/b", true],
    ["?q", "http://h:81/a/x?q", true],
    ["//other/b", "http://other/b", false],
    ["https://h:81/b", "https://h:81/b", false],
    ["http://h", "http://h/", false],
    ["mailto:x@y", undefined, false],
    ["http://[", undefined, false],
  ])("a redirect to %s leads to %s", (location, to, relative) => {
    const from = parseAddress("http://h:81/a/x");
    if (typeof from === "string") throw new Error(from);
    const followed = followLocation(from, location);
    expect(followed && [formatAddress(followed.to), followed.relative]).toEqual(to && [to, relative]);
  });
});

describe("status codes", () => {
  const rule = (...entries: (number | string)[]) =>
    compileStatusRule(entries, (i, got) => {
      throw new Error(`${i}: ${got}`);
    });

  test.each([
    [[], 200, true],
    [[], 299, true],
    [[], 300, false],
    [[204], 200, false],
    [["204"], 204, true],
    [["2xx", "4XX"], 404, true],
    [["200-399"], 399, true],
    [["200-399"], 400, false],
    [["any"], 599, true],
    [[301, "500-503"], 502, true],
  ])("%j and %i: %s", (entries, code, accepted) => {
    expect(rule(...entries).accepts(code)).toBe(accepted);
  });

  test.each(["0xx", "2x", "300-200", "abc", "1000", "-1", "2xx-3xx", ""])("%j is refused", (entry) => {
    expect(() => rule(entry)).toThrow(`0: ${entry}`);
  });

  test("a range accepts exactly its codes", () => {
    const code = fc.integer({ min: 0, max: 999 });
    fc.assert(
      fc.property(code, code, code, (a, b, c) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(rule(`${first}-${last}`).accepts(c)).toBe(c >= first && c <= last);
        expect(rule(a).accepts(c)).toBe(a === c);
      }),
    );
  });
});

test.each([
  ["0", 0],
  ["0", 0],
  ["512", undefined],
  ["1KB", 1024],
  ["1KiB", 1024],
  ["10MB", 10 * 1024 ** 2],
  ["1.5MB", 1.5 * 1024 ** 2],
  ["1MB512KB", 1.5 * 1024 ** 2],
  ["2B", 2],
  ["-1B", 0],
  ["1XB", undefined],
  ["", undefined],
  ["MB", undefined],
  ["1M", undefined],
])("the size %j is %s", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ["Mon, 02 Jan 2006 15:04:05 GMT", 1_136_214_245],
  ["Monday, 02-Jan-06 15:04:05 GMT", 1_136_214_245],
  ["Mon Jan  2 15:04:05 2006", 1_136_214_245],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777],
  ["Mon, 02 Jan 2006 15:04:05 +0100", undefined],
  ["Mon, 31 Feb 2006 15:04:05 GMT", undefined],
  ["Mon, 02 Jan 2006 25:04:05 GMT", undefined],
  ["2006-01-02T15:04:05Z", undefined],
  ["", undefined],
])("the date %j is %s", (text, unix) => {
  expect(parseHttpDate(text)).toBe(unix);
});

describe("IP addresses", () => {
  test.each([
    ["127.0.0.1", [127, 0, 0, 1]],
    ["::ffff:1.2.3.4", [1, 2, 3, 4]],
    ["::ffff:102:304", [1, 2, 3, 4]],
    ["::1", [...Array<number>(15).fill(0), 1]],
    ["fe80::1%eth0", [0xfe, 0x80, ...Array<number>(13).fill(0), 1]],
    ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ["1::8", [0, 1, ...Array<number>(13).fill(0), 8]],
  ])("%s", (ip, bytes) => {
    expect(addressBytes(ip)).toEqual(bytes);
  });

  // Values of blackbox_exporter for the same addresses.
  test.each([
    ["127.0.0.1", 3_668_918_509],
    ["::1", 1_751_717_746],
  ])("the hash of %s", (ip, hash) => {
    expect(hashAddress(ip)).toBe(hash);
  });

  test("every address has 4 or 16 bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
        expect([4, 16]).toContain(addressBytes(ip).length);
      }),
    );
  });
});

test.each([
  ["gzip", "gzip", true],
  ["br, gzip", "gzip", true],
  ["br;q=1.0, gzip;q=0.9", "gzip", true],
  ["br, identity", "gzip", false],
  ["gzip;q=0", "gzip", false],
  ["gzip;q=0.0001", "gzip", false],
  ["*", "br", true],
  ["*;q=0, br;q=1", "br", true],
  ["deflate;q=x", "deflate", false],
  ["", "gzip", true],
])("Accept-Encoding %j and %s: %s", (header, encoding, accepted) => {
  expect(acceptsEncoding(header, encoding)).toBe(accepted);
});

test("headers are found in any case, with all values in order", () => {
  const headers = ["X-A", "1", "x-b", "2", "x-a", "3"];
  expect([valueOf(headers, "x-a"), valueOf(headers, "x-c")]).toEqual(["1", undefined]);
  expect(valuesOf(headers, "x-a")).toEqual(["1", "3"]);
  expect(canonicalName("x-REQUEST-id")).toBe("X-Request-Id");
});
