import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactly } from "../../../src/core/precision.ts";
import { seconds } from "../../../src/core/units.ts";
import { addPiece, emptyAnswer } from "../../../src/probers/llm/answer/answer.ts";
import { stripThinking } from "../../../src/probers/llm/answer/strip-thinking.ts";
import { separateThinking } from "../../../src/probers/llm/answer/thinking.ts";
import { llmMetrics } from "../../../src/probers/llm/metrics.ts";
import {
  ask,
  completion,
  delta,
  detailOf,
  events,
  json,
  type Options,
  reasonOf,
  serve,
  streamed,
  valueOf,
} from "./support.ts";

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
      name: "JSON that quotes harmony",
      content: '{"a":"<|channel|>final<|message|>b"}',
      output: '{"a":"<|channel|>final<|message|>b"}',
      thought: false,
    },
    {
      name: "a block of code that quotes a block",
      content: "Use\n```\n<think>a</think>\n```\nHEALTHY",
      output: "Use\n```\n<think>a</think>\n```\nHEALTHY",
      thought: false,
    },
    {
      name: "a block of code in thinking, and one that quotes a marker",
      content: "<think>```a``` b</think>```\n</think>\n```",
      output: "```\n</think>\n```",
    },
    {
      name: "markers in backticks",
      content: "`<think>` and `</think>`",
      output: "`<think>` and `</think>`",
      thought: false,
    },
    {
      name: "a marker in backticks inside thinking",
      content: "<think>the `</think>` tag, HEALTHY</think>NO",
      output: "NO",
    },
    { name: "Gemma's channel", content: "<|channel>thought\nHEALTHY<channel|>NO", output: "NO" },
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
    { name: "harmony without its tokens, cut", content: "analysisWe say HEALTHY.", output: "" },
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
    const inside = fc.string({ unit: "grapheme" }).filter((text) => !/[<[◁`]/u.test(text));
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
      "```",
      "`",
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

describe("a probe of a model that thinks inside the content", () => {
  const word = { expect: { word: "HEALTHY" } };
  const schema = { expect: { json_schema: { required: ["ok"] } } };
  it.each<{ name: string; content: string; finish?: string; options: Options; reason: string }>([
    {
      name: "right in thinking only",
      content: "<think>HEALTHY</think> NO",
      options: word,
      reason: "content_mismatch",
    },
    { name: "right after thinking", content: "<think>NO</think>\n\nHEALTHY", options: word, reason: "ok" },
    {
      name: "the template's opening",
      content: "say HEALTHY</think>UNHEALTHY",
      options: word,
      reason: "content_mismatch",
    },
    {
      name: "harmony",
      content: `${HARMONY}<|start|>assistant<|channel|>final<|message|>NO<|return|>`,
      options: word,
      reason: "content_mismatch",
    },
    {
      name: "an empty block before the only text",
      content: "<think>\n\n</think>\n\nHEALTHY",
      options: { expect: { equals: "HEALTHY" } },
      reason: "ok",
    },
    { name: "JSON after a block", content: '<think>{</think>{"ok":1}', options: schema, reason: "ok" },
    { name: "JSON with a tag", content: '{"ok":"<think>"}', options: schema, reason: "ok" },
    {
      name: "thinking cut at the limit",
      content: "<think>HEALTHY",
      finish: "length",
      options: word,
      reason: "truncated",
    },
    { name: "thinking without an answer", content: "<think>HEALTHY</think>", options: word, reason: "empty" },
    {
      name: "kept",
      content: "<think>HEALTHY</think> NO",
      options: { ...word, thinking: "keep" },
      reason: "ok",
    },
  ])("$name: $reason, streamed and whole", async ({ content, finish = "stop", options, reason }) => {
    const pieces = Array.from(content, (character) => delta({ content: character }));
    const replies = [
      { stream: true, reply: streamed(events(...pieces, delta({}, finish), "[DONE]")) },
      { stream: false, reply: json(completion(content, finish)) },
    ];
    for (const { stream, reply } of replies) {
      const result = await ask(await serve(reply), { options: { ...options, stream } });
      expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
      expect(result.answered).toBe(true);
    }
  });

  it("keeps the tool calls beside thinking", async () => {
    const call = { tool_calls: [{ index: 0, function: { name: "f", arguments: "{}" } }] };
    const body = events(delta({ content: "<think>hm</think>" }), delta(call, "tool_calls"), "[DONE]");
    const result = await ask(await serve(streamed(body)), {
      options: { expect: { tool_call: { name: "f" } } },
    });
    expect(reasonOf(result)).toBe("ok");
  });

  it("has no time of a first output token if it only thought", async () => {
    const body = events(delta({ content: "<think>HEALTHY" }, "length"), "[DONE]");
    const result = await ask(await serve(streamed(body)));
    expect(valueOf(result, llmMetrics.firstToken)).toBeGreaterThan(0);
    expect(valueOf(result, llmMetrics.firstOutputToken)).toBeUndefined();
  });
});

it.each<{ name: string; pieces: readonly string[]; first: number | undefined }>([
  {
    name: "the piece after the closing marker",
    pieces: ["<think>", "a", "</think>", "\n", "OK", "!"],
    first: 4,
  },
  { name: "the piece in which thinking ends", pieces: ["<think>a</th", "ink>OK", "!"], first: 1 },
  { name: "the first visible piece", pieces: [" ", "OK"], first: 1 },
  { name: "none if the answer is blank", pieces: ["<think>a</think>", "\n"], first: undefined },
])("the first output token is $name", ({ pieces, first }) => {
  const answer = emptyAnswer();
  for (const [at, text] of pieces.entries())
    addPiece(answer, { kind: "text", part: "output", text }, exactly(seconds(at)));
  stripThinking(answer);
  expect(answer.times.firstOutput?.earliest).toBe(first);
  expect(answer.times.first?.earliest).toBe(0);
});
