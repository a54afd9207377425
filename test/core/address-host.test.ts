import { describe, expect, it } from "vitest";
import { hostOf } from "../../src/core/address-host.ts";

describe("hostOf", () => {
  it.each([
    ["https://user:secret@Shop.example.com:8443/health?key=secret", "shop.example.com"],
    ["http://localhost:5120/health", "localhost"],
    ["http://[2001:DB8::1]:80/", "2001:db8::1"],
    ["shop.example.com:443", "shop.example.com"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["shop.example.com", "shop.example.com"],
    ["192.0.2.1", "192.0.2.1"],
    ["/var/log/shop.log", ""],
    ["kube-system/shop-leader", ""],
    ["unix:///run/shop.sock", ""],
    ["https://", ""],
    ["shop", ""],
    ["", ""],
  ])("of %j is %j", (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});
