import fc from "fast-check";
import { expect, test } from "vitest";
import {
  expandTemplate,
  literalTemplate,
  parseTemplate,
} from "../../../src/probers/query-response/template.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";

/** Expands a template with the groups of `(?P<first>a)(?P<last>z)?(b.)` in `-abc`, as Go's `Regexp.Expand`. */
function expand(template: string): string {
  const match = compileRegexp("(?P<first>a)(?P<last>z)?(b.)").find(Buffer.from("-abc"));
  return expandTemplate(parseTemplate(template), match).toString();
}

test.each([
  ["no reference", "text", "text"],
  ["the match", "<$0>", "<abc>"],
  ["a number", "$1$3", "abc"],
  ["a number in braces", "${1}x", "ax"],
  ["a name", "$first-${first}", "a-a"],
  ["the longest name", "$firstx", ""],
  ["a name after a number", "$1x", ""],
  ["a group that took no part", "[$2$last]", "[]"],
  ["a group that does not exist", "[$4${none}]", "[]"],
  ["a number with zeros", "[$01]", "[]"],
  ["a huge number", "[$99999999999]", "[]"],
  ["a dollar sign", "$$1 $$$1", "$1 $a"],
  ["a dollar sign before no name", "$ $- $", "$ $- $"],
  ["braces that are not closed", "${1 ${", "${1 ${"],
  ["empty braces", "${}", "${}"],
  ["a name outside ASCII", "[$größe][${größe}]", "[][]"],
])("expands %s", (_, template, expanded) => {
  expect(expand(template)).toBe(expanded);
});

test("keeps bytes that are not UTF-8", () => {
  const match = compileRegexp("a(.+)").find(Buffer.from([0x61, 0xff, 0xe2, 0x82]));
  expect([...expandTemplate(parseTemplate("$1"), match)]).toEqual([0xff, 0xe2, 0x82]);
});

test("changes no text without a dollar sign, and no literal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(expandTemplate(literalTemplate(text), undefined).toString()).toBe(text.toWellFormed());
      const plain = text.replaceAll("$", "");
      expect(expand(plain)).toBe(plain.toWellFormed());
      // Doubled, dollar signs stand for themselves.
      expect(expand(text.replaceAll("$", "$$$$"))).toBe(text.toWellFormed());
    }),
  );
});
