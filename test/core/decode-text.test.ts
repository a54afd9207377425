import { describe, expect, test } from "vitest";
import { decodeText, markedEncoding } from "../../src/core/decode-text.ts";

const TEXT = "größe 💓\n";
const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");

describe("a text file", () => {
  test.each([
    ["in UTF-8", Buffer.from(TEXT), TEXT],
    ["in UTF-8 with a byte order mark", Buffer.from(`\ufeff${TEXT}`), TEXT],
    ["in UTF-16, little endian", utf16(`\ufeff${TEXT}`), TEXT],
    ["in UTF-16, big endian", utf16(`\ufeff${TEXT}`).swap16(), TEXT],
    ["with a mark inside", Buffer.from(`a\ufeff${TEXT}`), `a\ufeff${TEXT}`],
    ["that is empty", Buffer.alloc(0), ""],
    ["with nothing but a mark", Buffer.from("\ufeff"), ""],
    ["with half a mark", Buffer.from([0xff]), "\ufffd"],
  ])("%s is decoded", (_, bytes, text) => {
    expect(decodeText(bytes)).toBe(text);
  });
});

test("only a whole mark tells an encoding", () => {
  expect(
    [[0xef, 0xbb], [0xff], [0xfe], [], [0x00, 0xfe, 0xff]].map((b) => markedEncoding(Buffer.from(b))),
  ).toEqual(Array.from({ length: 5 }, () => undefined));
});
