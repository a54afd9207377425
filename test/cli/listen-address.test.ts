import { describe, expect, it } from "vitest";
import { localUrl, parseListenAddress } from "../../src/cli/listen-address.ts";

describe("parseListenAddress", () => {
  it.each([
    [":8091", { port: 8091 }, "http://127.0.0.1:8091"],
    ["0.0.0.0:80", { host: "0.0.0.0", port: 80 }, "http://127.0.0.1:80"],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }, "http://127.0.0.1:0"],
    ["localhost:9", { host: "localhost", port: 9 }, "http://localhost:9"],
    ["[::1]:8091", { host: "::1", port: 8091 }, "http://[::1]:8091"],
    ["[::]:8091", { host: "::", port: 8091 }, "http://127.0.0.1:8091"],
  ])("parses %s", (text, address, url) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(localUrl(address)).toBe(url);
  });

  it.each(["", "8091", ":", ":65536", ":-1", "::1:8091", "a b:1", ":80a", "http://x:1"])(
    "rejects %j",
    (text) => {
      expect(parseListenAddress(text)).toBeUndefined();
    },
  );
});
