import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excerpt } from "../../../src/core/excerpt.ts";
import { MAX_LINE_LENGTH, splitEvents, splitLines } from "../../../src/probers/llm/answer/frames.ts";
import { wireFormat } from "../../../src/probers/llm/wire/index.ts";
import { openai } from "../../../src/probers/llm/wire/openai.ts";
import { bytes, cuts, type Facts, read as readAs } from "./read-answer.ts";
import { completion, delta, events, usage } from "./support.ts";

const openaiFormat = wireFormat("openai");
const read = (chunks: readonly Uint8Array[]): Facts => readAs(chunks, openaiFormat);

const stream = events(
  { model: "", choices: [] },
  delta({ role: "assistant", content: null, reasoning: "Grüße, 世界 \u{1f98a}" }),
  delta({ content: "gesünd" }),
  delta({ content: " \u{1f469}\u200d\u{1f52c} 健康" }, "stop"),
  usage({ prompt_tokens: 5, completion_tokens: 9 }),
  "[DONE]",
);
const recordings = [
  { name: "a stream", text: stream },
  { name: "a stream with a byte order mark", text: `\ufeff${stream}` },
  { name: "a stream with CRLF and comments", text: `: hi\r\n\r\n${stream.replaceAll("\n", "\r\n")}` },
  { name: "a stream with CR", text: stream.replaceAll("\n", "\r") },
  { name: "a whole answer", text: `\n ${JSON.stringify(completion("gesünd \u{1f98a}"), null, 2)}\n` },
  { name: "an error", text: events(delta({ content: "a" }), { error: { message: "Überlast", code: 529 } }) },
  { name: "a stream that is cut off", text: stream.slice(0, stream.indexOf("usage")) },
  { name: "a broken frame", text: events(delta({ content: "a" }), "{ö") },
];

describe("an answer is read alike however its bytes are split", () => {
  test.each(recordings)("$name", ({ text }) => {
    const whole = bytes(text);
    const expected = read([whole]);
    expect(expected.output + (expected.fault?.detail ?? "")).not.toBe("");
    expect(read(Array.from(whole, (byte) => Uint8Array.of(byte)))).toEqual(expected);
    fc.assert(
      fc.property(cuts(whole), (chunks) => {
        expect(read(chunks)).toEqual(expected);
      }),
    );
  });
});

test("a stream is read completely", () => {
  expect(read([bytes(stream)])).toEqual({
    output: "gesünd \u{1f469}\u200d\u{1f52c} 健康",
    signs: new Set(["reasoning"]),
    refusal: "",
    toolCalls: [],
    model: "gpt-4o-mini-2024-07-18",
    finish: "stop",
    usage: { input: 5, output: 9 },
    ended: true,
  });
});

describe("reading never throws", () => {
  test("for random bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        expect(read(chunks)).toBeDefined();
      }),
    );
  });
  test("for random bytes after the beginning of a stream", () => {
    const opening = bytes("data: ");
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        expect(read([opening, ...chunks])).toBeDefined();
      }),
    );
  });
  test("for any JSON in any field", () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    const field = fc.constantFrom(
      "choices",
      "delta",
      "message",
      "content",
      "error",
      "usage",
      "model",
      "code",
      "type",
    );
    const shaped = fc.letrec((tie) => ({
      node: fc.oneof(
        anything,
        fc.dictionary(field, tie("node"), { maxKeys: 4 }),
        fc.array(tie("node"), { maxLength: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(shaped, fc.option(fc.string(), { nil: undefined }), (data, event) => {
        expect(openai.readFrame(event === undefined ? { data } : { event, data })).toBeInstanceOf(Array);
        expect(openai.readWhole(data)).not.toHaveLength(0);
        expect(typeof (openai.readError(data)?.message ?? "")).toBe("string");
      }),
    );
  });
  test("for JSON nested too deeply for the stack", () => {
    const deep = `${"[".repeat(2_000_000)}${"]".repeat(2_000_000)}`;
    for (const field of ["choices", "error", "model", "usage"]) {
      expect(() => read([bytes(`{"${field}":${deep}}`)])).not.toThrow();
      expect(() => read([bytes(`data: {"${field}":${deep.slice(1_900_000, 2_100_000)}}\n\n`)])).not.toThrow();
    }
  });
});

describe("a line that is too long is reported once", () => {
  const piece = "x".repeat(1000);
  test.each([
    { name: "in server-sent events", split: splitEvents, first: "data: " },
    { name: "in many lines of one event", split: splitEvents, first: "data: \ndata: " },
    { name: "in lines of JSON", split: splitLines, first: "" },
  ])("$name", ({ split, first }) => {
    let tooLong = 0;
    let frames = 0;
    const splitter = split({
      frame: () => void frames++,
      alive: () => undefined,
      lastFrame: () => undefined,
      tooLong: () => void tooLong++,
    });
    splitter.feed(first);
    let fed = 0;
    for (; fed < 2 * MAX_LINE_LENGTH; fed += piece.length) {
      splitter.feed(piece);
      if (tooLong > 0) break;
    }
    expect(tooLong).toBe(1);
    expect(fed).toBeGreaterThan(MAX_LINE_LENGTH - 10_000);
    expect(fed).toBeLessThan(MAX_LINE_LENGTH + 10_000);
    expect(() => splitter.feed("\n\ndata: more\n\n")).not.toThrow();
    expect(frames).toBeLessThanOrEqual(2);
  });
});

test("lines of JSON are split at line feeds, independent of the chunks", () => {
  const text = '{"a":"ü\\n"}\r\n\n {"b":2}\n{"c":3}';
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (places) => {
      const frames: string[] = [];
      const splitter = splitLines({
        frame: (data) => void frames.push(data),
        alive: () => undefined,
        lastFrame: () => undefined,
        tooLong: () => expect.fail(),
      });
      const sorted = [0, ...places.toSorted((a, b) => a - b), text.length];
      for (const [i, end] of sorted.slice(1).entries()) splitter.feed(text.slice(sorted[i], end));
      splitter.finish();
      expect(frames).toEqual(['{"a":"ü\\n"}', '{"b":2}', '{"c":3}']);
    }),
  );
});

describe("an excerpt", () => {
  test("is one visible line of bounded length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
        const shown = excerpt(text, [], 100);
        expect(shown).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
        expect(shown.length).toBeLessThanOrEqual(100 * 10 + 3);
      }),
    );
  });
  test("hides secrets, even if redaction moves more of them into view", () => {
    const secrets = ["sk-a-very-long-secret", "sk-another"];
    const text = fc.array(fc.oneof(fc.constantFrom(...secrets), fc.string({ maxLength: 3 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, (parts) => {
        expect(excerpt(parts.join(" "), secrets, 100)).not.toMatch(/sk-a/);
      }),
    );
    for (let before = 0; before < 60; before++) {
      expect(excerpt(`${"x".repeat(before)}${secrets.join("").repeat(20)}`, secrets, 100)).not.toMatch(/sk-/);
    }
  });
  test("hides secrets that cross the cut", () => {
    fc.assert(
      fc.property(fc.nat({ max: 120 }), (before) => {
        expect(excerpt(`${"a".repeat(before)}sk-secret${"b".repeat(50)}`, ["sk-secret"], 100)).not.toContain(
          "sk-",
        );
      }),
    );
  });
});
