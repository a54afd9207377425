import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeName, isSameName, nameIn } from "../../../src/probers/dns/wire/names.ts";

describe("names of questions", () => {
  test.each([
    [".", "00", "."],
    ["example.com", "076578616d706c6503636f6d00", "example.com."],
    ["example.com.", "076578616d706c6503636f6d00", "example.com."],
    ["EXAMPLE", "074558414d504c4500", "EXAMPLE."],
    [String.raw`a\.b.c`, "03612e62016300", String.raw`a\.b.c.`],
    [String.raw`a\..`, "02612e00", String.raw`a\..`],
    [String.raw`a\\`, "02615c00", String.raw`a\\.`],
    [String.raw`\065\b`, "02416200", "Ab."],
    [String.raw`\000\255`, "0200ff00", String.raw`\000\255.`],
    ["bücher", "0762c3bc6368657200", String.raw`b\195\188cher.`],
    ["_sip._tcp.*", "045f736970045f746370012a00", "_sip._tcp.*."],
  ])("%s is sent as %s", (text, encoded, read) => {
    const bytes = encodeName(text);
    expect(typeof bytes === "string" ? bytes : bytes.toString("hex")).toBe(encoded);
    expect(typeof bytes === "string" ? bytes : nameIn(bytes)).toBe(read);
  });

  test.each([
    ["..", "an empty label"],
    [".example", "an empty label"],
    ["a..b", "an empty label"],
    ["a".repeat(64), "a label above 63 bytes"],
    ["ü".repeat(32), "a label above 63 bytes"],
    [`${"a".repeat(63)}.`.repeat(4), "257 bytes"],
    ["a\\", "a backslash at its end"],
    [String.raw`\256`, String.raw`\256, which is no byte`],
  ])("%s is refused", (text, why) => {
    expect(encodeName(text)).toBe(why);
  });

  test("any bytes in labels survive being written and read", () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
        const encoded = Buffer.from([...labels.flatMap((each) => [each.length, ...each]), 0]);
        expect(encodeName(nameIn(encoded))).toEqual(encoded);
      }),
    );
  });
});

test("names are the same whatever their case", () => {
  expect(isSameName("Example.COM.", "eXample.com.")).toBe(true);
  expect(isSameName("example.com.", "example.org.")).toBe(false);
});
