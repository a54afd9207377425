import { describe, expect, it } from "vitest";
import { redactAddress } from "../../src/core/secret.ts";

describe("redactAddress", () => {
  it.each([
    ["http://user:hunter22@host/path", "http://<secret>@host/path"],
    ["http://user:hunt@er22@host/path", "http://<secret>@host/path"],
    ["user:hunter22@host:80/path", "<secret>@host:80/path"],
    ["HTTPS://hunter22@host", "HTTPS://<secret>@host"],
    ["http://host/@path?mail=a@b#c@d", "http://host/@path?mail=a@b#c@d"],
    ["host?mail=a@b", "host?mail=a@b"],
    ["http://host:8080", "http://host:8080"],
    ["", ""],
  ])("redacts %j as %j", (address, shown) => {
    expect(redactAddress(address)).toBe(shown);
  });
});
