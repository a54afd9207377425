import { describe, expect, test } from "vitest";
import type { ExpectOptions } from "../../../src/probers/llm/judge/expect-schema.ts";
import { newValues } from "../../../src/probers/llm/judge/prompt.ts";
import { lastNumberIn } from "../../../src/probers/llm/judge/words.ts";
import { compile, judgeText, type Options } from "./support.ts";

describe("lastNumberIn", () => {
  test.each<[string, number | undefined]>([
    ["42", 42],
    ["27 + 15 = 42.", 42],
    ["The answer is **42**!", 42],
    ["-3.5", -3.5],
    ["minus \u22127", -7],
    ["=-7", -7],
    ["1,234,567.25 in all", 1_234_567.25],
    ["6.02e23", 6.02e23],
    ["between 10-20", 20],
    ["I am GPT-4", undefined],
    ["GPT-4o says 5, as v2 did", 5],
    ["1.2.3", undefined],
    ["(42)", 42],
    ["42%", 42],
    ["$42", 42],
    ["zweiundvierzig", undefined],
    ["", undefined],
    ["1,2 and 3", 3],
    ["9".repeat(400), Number.POSITIVE_INFINITY],
  ])("of %j returns %j", (text, number) => {
    expect(lastNumberIn(text)).toBe(number);
  });
  test("takes linear time", () => {
    for (const part of ["1", "1,", "1,000", "-", "1e", "1.", "a1", ",1"]) {
      const started = performance.now();
      lastNumberIn(part.repeat(300_000));
      expect({ part, quick: performance.now() - started < 1000 }).toEqual({ part, quick: true });
    }
  });
});

describe("expectations", () => {
  test.each<{ expect: ExpectOptions; answer: string; broken: string | undefined }>([
    { expect: { number: { value: 42 } }, answer: "It is 42.", broken: undefined },
    { expect: { number: { value: 42 } }, answer: "It is 43.", broken: "the number 43 is not 42" },
    { expect: { number: { value: 42 } }, answer: "Many", broken: "no number, want 42" },
    { expect: { number: { value: 3.14, tolerance: 0.01 } }, answer: "3.1416", broken: undefined },
    { expect: { number: { value: 0.3, tolerance: 0.1 } }, answer: "0.4", broken: undefined },
    {
      expect: { number: { value: 3.14, tolerance: 0.01 } },
      answer: "3.2",
      broken: "the number 3.2 is not 3.14 ± 0.01",
    },
    { expect: { number: { value: -1 } }, answer: "1", broken: "the number 1 is not -1" },
    { expect: { max_length: 5 }, answer: " 12345\n", broken: undefined },
    { expect: { max_length: 5 }, answer: "123456", broken: "longer than 5 characters" },
    // Length is counted in code points, not in UTF-16 units.
    { expect: { max_length: 2 }, answer: "\u{1f98a}\u{1f98a}", broken: undefined },
    { expect: { max_length: 10, word: "ok" }, answer: "certainly ok", broken: "longer than 10 characters" },
  ])("$expect of $answer", ({ expect: wanted, answer, broken }) => {
    const { module, problems } = compile({ prompt: "?", expect: wanted });
    expect(problems).toEqual([]);
    expect(judgeText(module, answer)).toEqual(broken === undefined ? [] : [expect.stringContaining(broken)]);
  });

  describe("with {{sum}}", () => {
    const sumPrompt = { prompt: "What is {{a}} + {{b}}?" };
    test.each<{ name: string; wanted: ExpectOptions }>([
      { name: "as a number", wanted: { number: { value: "{{sum}}" } } },
      { name: "as a word", wanted: { word: "{{sum}}" } },
      { name: "as part of the answer", wanted: { contains: "{{sum}}" } },
      { name: "as the whole answer", wanted: { equals: "{{sum}}" } },
      { name: "as an expression", wanted: { matches: "^{{sum}}$" } },
    ])("$name", ({ wanted }) => {
      const { module, problems } = compile({ ...sumPrompt, expect: wanted });
      expect(problems).toEqual([]);
      const values = newValues();
      expect(Number(values.a) + Number(values.b)).toBe(Number(values.sum));
      expect(judgeText(module, values.sum, values)).toEqual([]);
      expect(judgeText(module, String(Number(values.sum) + 1), values)).toHaveLength(1);
    });
    test("is different in each probe", () => {
      expect(new Set(Array.from({ length: 50 }, () => newValues().sum)).size).toBeGreaterThan(25);
    });
  });
});

describe("an expectation that can never be met is refused", () => {
  const rows: readonly { name: string; options: Options; problems: readonly string[] }[] = [
    {
      name: "equals longer than max_length",
      options: { expect: { equals: "HEALTHY", max_length: 3 } },
      problems: [
        "expect.max_length: got longer than 3 characters, want an expectation that the text of equals meets",
      ],
    },
    {
      name: "a number that differs from equals",
      options: { expect: { equals: "42", number: { value: 43 } } },
      problems: [
        "expect.number: got the number 42 is not 43, want an expectation that the text of equals meets",
      ],
    },
    {
      name: "a word longer than max_length",
      options: { expect: { word: "HEALTHY", contains: "fine", max_length: 5 } },
      problems: ["expect.max_length: got 5, want at least 7, the length of word"],
    },
    {
      name: "contains longer than max_length",
      options: { expect: { contains: "all is well", max_length: 5 } },
      problems: ["expect.max_length: got 5, want at least 11, the length of contains"],
    },
    {
      name: "contains that not_matches matches",
      options: { expect: { contains: "I am sorry", not_matches: "sorr(y|ow)" } },
      problems: [
        "expect.not_matches: got sorr(y|ow), want an expression that does not match the text of contains",
      ],
    },
    {
      name: "a word that not_matches matches in any case",
      options: { expect: { word: "ok", not_matches: "(?i)o.?k" } },
      problems: ["expect.not_matches: got (?i)o.?k, want an expression that does not match the word of word"],
    },
    {
      name: "the same expression in matches and not_matches",
      options: { expect: { matches: "^a", not_matches: "^a" } },
      problems: ["expect.not_matches: got ^a, want an expression other than that of matches"],
    },
    {
      name: "{{sum}} without both numbers in the prompt",
      options: { prompt: "What is {{a}} + 1?", expect: { number: { value: "{{sum}}" } } },
      problems: ["expect.number: got {{sum}}, want {{b}} in the prompt too"],
    },
    {
      name: "{{sum}} in the prompt",
      options: { prompt: "Say {{sum}}, which is {{a}} + {{b}}", expect: { contains: "{{sum}}" } },
      problems: ["prompt: got {{sum}}, want a prompt that does not contain the answer"],
    },
    {
      name: "a word as number",
      options: { expect: { number: { value: "many" } } },
      problems: ['expect.number: got "many", want a number, or {{sum}}'],
    },
    {
      name: "{{sum}} in a schema",
      options: { prompt: "{{a}} + {{b}}?", expect: { json_schema: { const: "{{sum}}" } } },
      problems: ["expect.json_schema: got the placeholder {{sum}}, want a JSON Schema"],
    },
    {
      name: "dimensions of a text",
      options: { expect: { dimensions: 3 } },
      problems: [
        "expect.dimensions: got an expectation about a vector, want an api that answers with a vector",
      ],
    },
    {
      name: "a word in a vector",
      options: { api: "openai_embeddings", expect: { word: "ok", dimensions: 3 } },
      problems: [
        "expect.word: got an expectation about text, want dimensions, as openai_embeddings answers with a vector",
      ],
    },
    {
      name: "a tool that is not offered",
      options: { tools: [{ name: "look" }], expect: { tool_call: { name: "report" } } },
      problems: ["expect.tool_call: got report, want one of the tools: look"],
    },
    {
      name: "a tool of an api without tools",
      options: { api: "tgi", expect: { tool_call: { name: "report" } } },
      problems: ["expect.tool_call: got report, want an api (and for ollama a route) with tools"],
    },
    {
      name: "a tool of a route without tools",
      options: { api: "ollama", ollama_route: "generate", expect: { tool_call: { name: "report" } } },
      problems: ["expect.tool_call: got report, want an api (and for ollama a route) with tools"],
    },
    {
      name: "arguments with an invalid schema",
      options: { expect: { tool_call: { name: "report", arguments: { type: "text" } } } },
      problems: [
        expect.stringMatching(
          /^expect\.tool_call: got schema is invalid: .*, want a JSON Schema of the arguments$/,
        ),
      ],
    },
    {
      name: "the same tool twice, and an invalid schema",
      options: { tools: [{ name: "a" }, { name: "a", parameters: { type: "text" } }] },
      problems: [
        "tools.1.name: got a, want each tool once",
        expect.stringMatching(/^tools\.1\.parameters: got schema is invalid: .*, want a JSON Schema$/),
      ],
    },
    {
      name: "a placeholder in the arguments of an implicit tool",
      options: {
        prompt: "Report {{nonce}}",
        expect: { tool_call: { name: "report", arguments: { properties: { id: { const: "{{nonce}}" } } } } },
      },
      problems: ["tools: got nothing, want the tool report, as its expected arguments have placeholders"],
    },
    {
      name: "prompt and prompts",
      options: { prompt: "?", expect: {}, prompts: [{ prompt: "?" }] },
      problems: [
        "prompt: got prompt and prompts, want at most one of them",
        "expect: got expect and prompts, want at most one of them",
      ],
    },
    {
      name: "prompts_mode without prompts",
      options: { prompts_mode: "all" },
      problems: ["prompts_mode: got all, want prompts, to which it applies"],
    },
    {
      name: "an invalid word in one of several prompts",
      options: { prompts: [{ prompt: "?" }, { prompt: "??", expect: { word: "a b" } }] },
      problems: [
        'prompts.1.expect.word: got "a b", want one word, of letters and digits (see contains for text)',
      ],
    },
  ];
  test.each(rows)("$name", ({ options, problems }) => {
    expect(compile(options).problems).toEqual(problems);
  });

  test.each<{ name: string; wanted: ExpectOptions }>([
    { name: "a word forbidden in one case only", wanted: { word: "ok", not_matches: "ok" } },
    {
      name: "contains forbidden at the beginning only",
      wanted: { contains: "ok", not_matches: "^ok" },
    },
    { name: "contains forbidden as a whole word only", wanted: { contains: "ok", not_matches: "\\bok\\b" } },
    { name: "contains of the maximum length", wanted: { contains: "ok", max_length: 2 } },
    { name: "equals beside a tool call", wanted: { equals: "ok", tool_call: { name: "report" } } },
    {
      name: "a number within the tolerance of equals",
      wanted: { equals: "42", number: { value: 41, tolerance: 1 } },
    },
  ])("$name can be met", ({ wanted }) => {
    expect(compile({ expect: wanted }).problems).toEqual([]);
  });
});
