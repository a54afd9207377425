import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { separateThinking } from "../../../src/probers/llm/answer/thinking.ts";

const HARMONY = "<|channel|>analysis<|message|>We say HEALTHY.<|end|>";

describe("separateThinking", () => {
  it.each<{ name: string; content: string; output: string; thought?: boolean }>([
    { name: "nothing to separate", content: " HEALTHY\n", output: " HEALTHY\n", thought: false },
    { name: "nothing at all", content: "", output: "", thought: false },
    {
      name: "a block before the answer",
      content: "<think>say HEALTHY</think> UNHEALTHY",
      output: "UNHEALTHY",
    },
    { name: "an empty block", content: "<think></think>HEALTHY", output: "HEALTHY" },
    { name: "an empty block with blank lines", content: "<think>\n\n</think>\n\nHEALTHY", output: "HEALTHY" },
    { name: "a closing marker alone", content: "I should say HEALTHY.\n</think>\n\nNO", output: "NO" },
    { name: "a closing marker at the end", content: "HEALTHY</think>", output: "" },
    { name: "a block that never ends", content: "<think>HEALTHY", output: "" },
    { name: "a block that never ends, after blanks", content: " \n<think>HEALTHY", output: "" },
    { name: "a second block that never ends", content: "<think>a</think><think>HEALTHY", output: "" },
    {
      name: "an opening marker quoted in the middle",
      content: "I use <think> tags",
      output: "I use <think> tags",
      thought: false,
    },
    { name: "several blocks", content: "<think>a</think>HEAL<think>b</think>THY", output: "HEALTHY" },
    { name: "a block behind the answer", content: "UNHEALTHY <think>HEALTHY</think>", output: "UNHEALTHY" },
    { name: "a tag inside thinking", content: "<think>the <think> tag</think>HEALTHY", output: "HEALTHY" },
    { name: "two closing markers", content: "<think>a<think>b</think>c</think>HEALTHY", output: "HEALTHY" },
    { name: "attributes and case", content: '<Thinking lang="en">x</THINKING >HEALTHY', output: "HEALTHY" },
    { name: "Mistral's brackets", content: "[THINK]x[/THINK]HEALTHY", output: "HEALTHY" },
    { name: "Cohere's tokens", content: "<|START_THINKING|>x<|END_THINKING|>HEALTHY", output: "HEALTHY" },
    { name: "Kimi's triangles", content: "◁think▷x◁/think▷HEALTHY", output: "HEALTHY" },
    { name: "Seed's tag", content: "<seed:think>x</seed:think>HEALTHY", output: "HEALTHY" },
    { name: "JSON behind a block", content: '<think>hm</think>\n{"ok":true}', output: '{"ok":true}' },
    {
      name: "JSON that quotes a block",
      content: '{"a":"<think>b</think>"}',
      output: '{"a":"<think>b</think>"}',
      thought: false,
    },
    {
      name: "JSON behind a block that quotes one",
      content: '<think>x</think>["<think>b</think>"]',
      output: '["<think>b</think>"]',
    },
    {
      name: "JSON that quotes a closing marker",
      content: '{"a":"</think>"}',
      output: '{"a":"</think>"}',
      thought: false,
    },
    {
      name: "harmony's final channel",
      content: `${HARMONY}<|start|>assistant<|channel|>final<|message|>UNHEALTHY<|return|>`,
      output: "UNHEALTHY",
    },
    {
      name: "harmony without an end",
      content: `<|start|>assistant${HARMONY}<|start|>assistant<|channel|>final<|message|>NO`,
      output: "NO",
    },
    { name: "harmony cut before its final channel", content: HARMONY, output: "" },
    { name: "harmony cut inside its analysis", content: "<|channel|>analysis<|message|>HEALTHY", output: "" },
    {
      name: "harmony's commentary and constraint",
      content:
        '<|channel|>commentary to=functions.x <|constrain|>json<|message|>{"a":1}<|call|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{"ok":1}',
      output: '{"ok":1}',
    },
    { name: "harmony without its tokens", content: "analysisWe say HEALTHY.assistantfinalNO", output: "NO" },
    { name: "the word analysis", content: "analysis: HEALTHY", output: "analysis: HEALTHY", thought: false },
    {
      name: "a channel token alone",
      content: "the token <|channel|> starts one",
      output: "the token <|channel|> starts one",
      thought: false,
    },
  ])("$name", ({ content, output, thought = true }) => {
    expect(separateThinking(content)).toMatchObject({ output, thought });
  });

  it("says where the answer begins", () => {
    const content = "<think>HEALTHY</think>\n\nHEALTHY";
    expect(separateThinking(content).outputStart).toBe(content.lastIndexOf("HEALTHY"));
    expect(separateThinking("  x").outputStart).toBe(2);
    expect(separateThinking("<think>x</think> \n").outputStart).toBeUndefined();
  });

  it("never gives text that stands inside a block that begins the content", () => {
    const inside = fc.string({ unit: "grapheme" }).filter((text) => !/[<[◁]/u.test(text));
    fc.assert(
      fc.property(inside, inside, (thought, answer) => {
        fc.pre(!/^\s*[{["]/u.test(answer) && !/assistantfinal/u.test(thought + answer));
        expect(separateThinking(`<think>${thought}</think>${answer}`).output).toBe(answer.trim());
      }),
    );
  });

  it("takes any text, in time that grows with its length", () => {
    const piece = fc.constantFrom(
      "<think>",
      "</think>",
      "<|channel|>",
      "final",
      "<|message|>",
      "{",
      '"',
      "a ",
      "<think ",
      "analysis",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const content = pieces.join("");
        const { output, outputStart } = separateThinking(content);
        expect(output.length).toBeLessThanOrEqual(content.length);
        if (outputStart !== undefined) expect(content[outputStart]).toMatch(/\S/u);
      }),
    );
  });
});
