import { describe, expect, it } from "vitest";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import { compile, type Options } from "./support.ts";

const target = (address: string) => ({ address, configured: true });

describe("objection", () => {
  it.each(["http://127.0.0.1:8080/v1", "https://api.example.com/v1/", "http://[::1]:8080"])(
    "has nothing to say of %s",
    (address) => {
      expect(llmProber.objection(target(address), compile().module)).toBeUndefined();
    },
  );

  it.each([
    "ftp://example.com",
    "localhost:8080",
    "llm.example.com/v1",
    "http://",
    "http://exa mple",
    "::::",
    "file:///etc/passwd",
  ])("refuses %s", (address) => {
    expect(llmProber.objection(target(address), compile().module)).toEqual({
      part: "target",
      want: "an http or https URL such as http://127.0.0.1:8080/v1",
    });
  });

  it("refuses a password in the address, which is shown in many places", () => {
    expect(llmProber.objection(target("https://user:hunter22@example.com"), compile().module)).toEqual({
      part: "target",
      want: "an URL without user and password, which belong into headers",
    });
  });
});

describe("caution", () => {
  const warned = "the credential of its module goes there in clear text, as the target is no https";
  const key: Options = { api_key: "sk-12345678" };
  it.each([
    { address: "http://llm.example.com/v1", options: key, says: warned },
    { address: "http://llm.example.com/v1", options: { headers: { "X-Key": "sk" } }, says: warned },
    { address: "https://llm.example.com/v1", options: key, says: undefined },
    { address: "http://127.0.0.1:8080/v1", options: key, says: undefined },
    { address: "http://[::1]:8080/v1", options: key, says: undefined },
    { address: "http://localhost:8080/v1", options: key, says: undefined },
    { address: "http://llm.example.com/v1", options: {}, says: undefined },
  ])("of $address with $options: $says", ({ address, options, says }) => {
    expect(llmProber.caution(target(address), compile(options).module)).toBe(says);
  });
});
