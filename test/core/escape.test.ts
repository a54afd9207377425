import { expect, test } from "vitest";
import { escapeHtml, visible } from "../../src/core/escape.ts";

test.each([
  ["a\tb\nc", "a\\u{9}b\\u{a}c"],
  ["\u001b[2Jgone", "\\u{1b}[2Jgone"],
  ["\u2028\u202egnp.exe", "\\u{2028}\\u{202e}gnp.exe"],
  ["\u{e0041}", "\\u{e0041}"],
  ["\ud800", "\ufffd"],
  ["b\u00fccher \u{1f600}", "b\u00fccher \u{1f600}"],
])("%j is shown as %j", (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test("text for HTML can end neither a tag nor an attribute", () => {
  expect(escapeHtml(`<a href="x" id='y'>&amp;</a>`)).toBe(
    "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;",
  );
});
