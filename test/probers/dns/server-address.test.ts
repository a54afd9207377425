import fc from "fast-check";
import { expect, test } from "vitest";
import { parseServerAddress } from "../../../src/probers/dns/server-address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1", 53],
  ["192.0.2.1:5353", "192.0.2.1", 5353],
  ["ns.example.com", "ns.example.com", 53],
  ["ns.example.com:00053", "ns.example.com", 53],
  ["ns.example.com:domain", "ns.example.com", 53],
  ["ns.example.com:domain-s", "ns.example.com", 853],
  ["2001:db8::1", "2001:db8::1", 53],
  ["[2001:db8::1]", "2001:db8::1", 53],
  ["[2001:db8::1]:5353", "2001:db8::1", 5353],
  ["[ns.example.com]:5353", "ns.example.com", 5353],
  ["::1", "::1", 53],
  ["[::1]:", "::1", undefined],
  ["ns.example.com:", "ns.example.com", undefined],
  ["ns.example.com:65536", "ns.example.com", undefined],
  ["ns.example.com:-1", "ns.example.com", undefined],
  ["ns.example.com:toString", "ns.example.com", undefined],
  [":53", "", 53],
  ["", "", 53],
  ["https://dns.example/", "https", undefined],
  ["[::1", "[::1", 53],
  ["a]:53", "a]:53", 53],
  ["[::1]x:53", "[::1]x:53", 53],
])("%s", (target, host, port) => {
  expect(parseServerAddress(target, 53)).toEqual({ host, port });
});

test("any text has a host, and a port that exists or none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (target) => {
      const { host, port } = parseServerAddress(target, 853);
      expect(target).toContain(host);
      expect(port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)).toBe(true);
    }),
  );
});
