import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excerpt } from "../../src/core/excerpt.ts";
import { decodeBeginning, truncate, truncateWithDots } from "../../src/core/truncate.ts";

const FAMILY = "👨‍👩‍👧‍👦";

describe("a text that is too long", () => {
  test.each([
    ["plain text", "abcdef", 3, "abc"],
    ["a short text", "abc", 3, "abc"],
    ["a cut before an emoji", "ab🔴", 2, "ab"],
    ["a cut inside an emoji", "ab🔴cd", 3, "ab"],
    ["a cut after an emoji", "ab🔴cd", 4, "ab🔴"],
    ["a cut inside a family", `ab${FAMILY}c`, 7, "ab"],
    ["a cut inside a family far behind", `${"a".repeat(60)}${FAMILY}c`, 65, "a".repeat(60)],
    ["a cut inside the first character", FAMILY, 4, ""],
    ["a cut inside a flag", "🇩🇪🇫🇷", 6, "🇩🇪"],
    ["a cut before an accent", "ae\u0301", 2, "a"],
    ["endless accents", `e${"\u0301".repeat(500)}`, 100, `e${"\u0301".repeat(99)}`],
    ["endless accents on an emoji", `🔴${"\u{1d165}".repeat(200)}`, 101, `🔴${"\u{1d165}".repeat(49)}`],
    ["accents just short of the longest grapheme", `e${"\u0301".repeat(500)}`, 63, ""],
    ["accents as long as the longest grapheme", `e${"\u0301".repeat(500)}`, 64, `e${"\u0301".repeat(63)}`],
    ["a length of 1", "abc", 1, "a"],
    ["a length of 0", "abc", 0, ""],
    ["a negative length", "abc", -1, ""],
  ])("is cut between characters: %s", (_name, text, length, cut) => {
    expect(truncate(text, length)).toBe(cut);
  });

  test("is a beginning, within the length and well-formed, for any text and length", () => {
    const property = fc.property(
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.nat({ max: 300 }),
      (text, length) => {
        const cut = truncate(text, length);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(length);
        expect(cut.isWellFormed()).toBe(true);
        if (text.length <= length) expect(cut).toBe(text);
      },
    );
    fc.assert(property);
  });

  test("says so with dots, and in excerpts", () => {
    expect([truncateWithDots("abc", 3), truncateWithDots("ab🔴c", 3)]).toEqual(["abc", "ab..."]);
    expect(excerpt("ab🔴cd", [], 3)).toBe("ab...");
  });

  test("of bytes loses the character that was cut", () => {
    const bytes = Buffer.from("ab🔴");
    expect([3, 4, 5, 6].map((length) => decodeBeginning(bytes.subarray(0, length)))).toEqual([
      "ab",
      "ab",
      "ab",
      "ab🔴",
    ]);
  });
});
