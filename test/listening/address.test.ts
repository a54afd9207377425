import { describe, expect, it } from "vitest";
import { formatAddress, localUrl, parseListenAddress } from "../../src/listening/address.ts";

describe("parseListenAddress", () => {
  it.each([
    [":8091", { port: 8091 }, "http://127.0.0.1:8091"],
    ["0.0.0.0:80", { host: "0.0.0.0", port: 80 }, "http://127.0.0.1:80"],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }, "http://127.0.0.1:0"],
    ["localhost:9", { host: "localhost", port: 9 }, "http://localhost:9"],
    ["[::1]:8091", { host: "::1", port: 8091 }, "http://[::1]:8091"],
    ["[::]:8091", { host: "::", port: 8091 }, "http://127.0.0.1:8091"],
  ])("parses %s", (text, address, url) => {
    expect(parseListenAddress(text)).toEqual({ kind: "tcp", ...address });
    expect(localUrl(address)).toBe(url);
  });

  it.each([
    ["unix:///run/x.sock", "/run/x.sock", 0o660],
    ["unix:/run/x.sock", "/run/x.sock", 0o660],
    ["unix:///run/a b%20é.sock?mode=0600", "/run/a b%20é.sock", 0o600],
    ["unix:///run/x.sock?mode=777", "/run/x.sock", 0o777],
    [`unix:///${"x".repeat(95)}`, `/${"x".repeat(95)}`, 0o660],
  ])("parses %s", (text, path, mode) => {
    const address = { kind: "unix", path, mode } as const;
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatAddress(address)).toBe(`unix://${path}`);
  });

  it.each([
    "",
    "8091",
    ":",
    ":65536",
    ":-1",
    "::1:8091",
    "a b:1",
    ":80a",
    "http://x:1",
    "vsock://:9115",
    "unix:",
    "unix://",
    "unix:///",
    "unix:///run/",
    "unix://run/x.sock",
    "unix:x.sock",
    "unix:///run/x.sock?mode=",
    "unix:///run/x.sock?mode=0888",
    "unix:///run/x.sock?mode=4755",
    "unix:///run/x.sock?group=web",
    "unix:///run/x\0.sock",
    `unix:///${"x".repeat(96)}`,
    `unix:///${"é".repeat(48)}`,
  ])("rejects %j", (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});
