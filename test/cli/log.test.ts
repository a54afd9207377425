import { describe, expect, it } from "vitest";
import { toJournal, toLogfmt } from "../../src/cli/log.ts";

describe("toLogfmt", () => {
  it.each([
    { fields: { msg: "two words", target: "gpt" }, line: 'level=info msg="two words" target=gpt' },
    { fields: { msg: "one", from: 3, ok: false }, line: "level=info msg=one from=3 ok=false" },
    {
      fields: { msg: "", detail: 'a "quote" = \\ and\na line' },
      line: 'level=info msg="" detail="a \\"quote\\" = \\\\ and\\na line"',
    },
    {
      fields: { msg: "nested", problems: ["a b", "c"] },
      line: 'level=info msg=nested problems="[\\"a b\\",\\"c\\"]"',
    },
    {
      fields: { msg: "escape", answer: "\u001b[31mred" },
      line: 'level=info msg=escape answer="\\u001b[31mred"',
    },
  ])("prints $fields", ({ fields, line }) => {
    expect(toLogfmt(JSON.stringify({ level: "info", ...fields }))).toBe(`${line}\n`);
  });
});

describe("toJournal", () => {
  it.each([
    ["debug", 7],
    ["info", 6],
    ["warn", 4],
    ["error", 3],
  ])("begins with the priority of %s, and leaves out the time", (level, priority) => {
    const line = { level, time: "2026-11-30T12:00:00.000Z", msg: "two words", detail: "a\nb" };
    expect(toJournal(JSON.stringify(line))).toBe(
      `<${priority}>level=${level} msg="two words" detail="a\\nb"\n`,
    );
  });
});
