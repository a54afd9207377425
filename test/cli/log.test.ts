import { describe, expect, it } from "vitest";
import { toLogfmt } from "../../src/cli/log.ts";

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
