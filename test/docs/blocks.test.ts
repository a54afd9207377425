import { describe, expect, test } from "vitest";
import { type Block, blocksOf, PAGES, readPage } from "./blocks.ts";
import { CHECKERS, ELSEWHERE } from "./checkers.ts";
import { problemOf } from "./programs.ts";
import { shellCommands } from "./shell-commands.ts";

const blocks = PAGES.flatMap((page) => blocksOf(page));

const claimed = (block: Block): readonly string[] => [
  ...CHECKERS.filter((checker) => checker.claims(block)).map(({ name }) => name),
  ...ELSEWHERE.filter(({ claims }) => claims(block)).map(({ why }) => why),
];

describe("the blocks of pages", () => {
  test("are found", () => {
    expect(blocks.length).toBeGreaterThan(300);
  });

  test("are each of one form", () => {
    const wrong = blocks
      .map((block) => ({ place: block.place, language: block.language, forms: claimed(block) }))
      .filter(({ forms }) => forms.length !== 1);
    expect(wrong).toEqual([]);
  });

  test("that nothing runs here are few", () => {
    const counts = ELSEWHERE.map(({ why, claims }) => ({ why, blocks: blocks.filter(claims).length }));
    expect(counts).toMatchInlineSnapshot(`
      [
        {
          "blocks": 8,
          "why": "output, pictures of characters, lines of files",
        },
        {
          "blocks": 1,
          "why": "badges in Markdown: test/page has tests of the routes",
        },
        {
          "blocks": 5,
          "why": "TypeScript: test/docs/programs-in-pages.test.ts compiles it",
        },
      ]
    `);
  });
});

/** Commands between the words of a page; those of the changelog are history. */
const spans = PAGES.filter((page) => page !== "CHANGELOG.md").flatMap((page) =>
  [
    ...readPage(page)
      .replaceAll(/^( *)```[^]*?^\1```/gm, "")
      .matchAll(/`((?:heartbeat-exporter|npm run) [^`]+)`/g),
  ].map(([, span = ""]) => ({ page, command: span.replaceAll(/\s+/g, " ") })),
);

/** A sentence may name a command without what it requires. */
const MISSING = /missing required argument|argument missing|not specified|got none of/;

describe("the commands between words", () => {
  test("are found", () => {
    expect(spans.length).toBeGreaterThan(40);
  });

  test.each(spans)("$page: $command", ({ command }) => {
    const problems = shellCommands(command).flatMap((one) => problemOf(one) ?? []);
    expect(problems.filter((problem) => !MISSING.test(problem))).toEqual([]);
  });
});

describe.each(CHECKERS)("$name:", (checker) => {
  const own = blocks.filter((block) => checker.claims(block));
  test.each(own)("$place", async (block) => {
    await expect(checker.check(block)).resolves.toBeUndefined();
  });
});
