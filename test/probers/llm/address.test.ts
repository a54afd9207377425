import { describe, expect, it } from "vitest";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import { compile, type Options } from "./support.ts";

const target = (address: string) => ({ address, configured: true });

describe("objection", () => {
  it.each(["http://127.0.0.1:8080/v1", "https://api.example.com/v1/", "http://[::1]:8080"])(
    "accepts %s",
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

  it("refuses an address with user and password", () => {
    expect(llmProber.objection(target("https://user:hunter22@example.com"), compile().module)).toEqual({
      part: "target",
      want: "a URL without user and password (use api_key or headers)",
    });
  });
});

describe("caution", () => {
  const warned = "the module's credential is sent in clear text, because the target is not https";
  const key: Options = { api_key: "sk-12345678" };
  it.each([
    { address: "http://llm.example.com/v1", options: key, says: warned },
    { address: "http://llm.example.com/v1", options: { headers: { "X-Key": "sk" } }, says: warned },
    { address: "https://llm.example.com/v1", options: key, says: undefined },
    { address: "http://127.0.0.1:8080/v1", options: key, says: undefined },
    { address: "http://[::1]:8080/v1", options: key, says: undefined },
    { address: "http://localhost:8080/v1", options: key, says: undefined },
    { address: "http://llm.example.com/v1", options: {}, says: undefined },
  ])("for $address with $options is $says", ({ address, options, says }) => {
    expect(llmProber.caution(target(address), compile(options).module)).toBe(says);
  });
});
