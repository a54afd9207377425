import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPort, parsePort, parseServices, splitHostPort } from "../../src/probers/host-port.ts";

describe("splitHostPort", () => {
  test.each([
    ["example.com:80", "example.com", "80"],
    ["127.0.0.1:ssh", "127.0.0.1", "ssh"],
    ["[::1]:22", "::1", "22"],
    ["[fe80::1%eth0]:22", "fe80::1%eth0", "22"],
    ["[example.com]:80", "example.com", "80"],
    [":80", "", "80"],
    ["[]:80", "", "80"],
    ["example.com:", "example.com", ""],
    [":", "", ""],
  ])("splits %s", (address, host, port) => {
    expect(splitHostPort(address)).toEqual({ host, port });
  });

  test.each([
    ["", "no port"],
    ["example.com", "no port"],
    ["[::1]", "no port"],
    ["[::1]x:80", "no port"],
    ["::1:80", "too many colons"],
    ["tcp://example.com:80", "too many colons"],
    ["[::1]:80:90", "too many colons"],
    ["[::1:80", "no closing bracket"],
    ["a[b:80", "bracket in the wrong place"],
    ["ab]:80", "bracket in the wrong place"],
    ["[a[b]:80", "bracket in the wrong place"],
    ["[ab]:8]0", "bracket in the wrong place"],
    ["[ab]:8[0", "bracket in the wrong place"],
  ])("refuses %j", (address, problem) => {
    expect(splitHostPort(address)).toContain(problem);
  });

  test("splits what is joined, and never throws", () => {
    const host = fc.stringMatching(/^[^[\]:]*$/);
    const port = fc.stringMatching(/^[^[\]:]*$/);
    fc.assert(
      fc.property(host, port, (name, end) => {
        expect(splitHostPort(`${name}:${end}`)).toEqual({ host: name, port: end });
        expect(splitHostPort(`[${name}::]:${end}`)).toEqual({ host: `${name}::`, port: end });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => splitHostPort(text) !== undefined));
  });
});

describe("parsePort", () => {
  test.each([
    ["80", 80],
    ["", 0],
    ["+80", 80],
    ["0080", 80],
    ["-1", -1],
    ["+", 0],
    ["65536", 65_536],
    ["ssh", undefined],
    ["8 0", undefined],
    ["٣", undefined],
  ])("parses %j", (text, port) => {
    expect(parsePort(text)).toBe(port);
  });

  test("tells ports from other numbers", () => {
    expect([0, 1, 65_535].map(isPort)).toEqual([true, true, true]);
    expect([-1, 65_536, 1e300, Number.NaN].map(isPort)).toEqual([false, false, false, false]);
  });
});

test("reads the services of a machine", () => {
  const text = [
    "# services",
    "ssh\t\t22/tcp\t\t\t# SSH Remote Login",
    "http  80/tcp  www",
    "domain 53/udp",
    "www 8080/tcp",
    "broken",
    "",
  ].join("\n");
  expect([...parseServices(text)]).toEqual([
    ["ssh", 22],
    ["http", 80],
    ["www", 80],
  ]);
});
