import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventReader, type StreamEvent } from "../../src/client/event-stream.ts";

function readAll(pieces: readonly string[]): { events: StreamEvent[]; retries: number[] } {
  const events: StreamEvent[] = [];
  const retries: number[] = [];
  const read = createEventReader(
    (event) => void events.push(event),
    (retry) => void retries.push(retry),
  );
  for (const piece of pieces) read(piece);
  return { events, retries };
}

describe("createEventReader", () => {
  it("parses fields, comments and all line endings", () => {
    const text =
      ": hello\nretry: 1500\nretry: soon\r\n\r\nid: 7\nevent: mode\ndata: {\ndata:}\n\nevent: empty\n\ndata\r\rid\ndata: x\n\n";
    expect(readAll([text])).toEqual({
      events: [
        { type: "mode", data: "{\n}", lastEventId: "7" },
        { type: "message", data: "", lastEventId: "7" },
        { type: "message", data: "x", lastEventId: "" },
      ],
      retries: [1500],
    });
  });

  it("gives the same events wherever the text is split", () => {
    const line = fc.oneof(
      fc.string().map((text) => `data: ${text.replaceAll(/[\r\n]/g, "")}`),
      fc.constantFrom("", "event: a", "id: 1", "retry: 5", ": c", "data"),
    );
    const text = fc
      .array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")))
      // Without this last line, a CR at the end and the LF after it would read as one CRLF.
      .map((lines) => `${lines.map(([line, end]) => line + end).join("")}data: end\n\n`);
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (text, cuts) => {
        const places = cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b);
        const pieces = [0, ...places].map((place, i) => text.slice(place, places[i] ?? text.length));
        expect(readAll(pieces)).toEqual(readAll([text]));
      }),
    );
  });

  it("rejects a line that is too long", () => {
    const read = createEventReader(
      () => {},
      () => {},
    );
    expect(() => {
      for (let i = 0; i < 40; i += 1) read("x".repeat(1_000_000));
    }).toThrow("event stream: got a line longer than 16777216 characters");
  });
});
