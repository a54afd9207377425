import { parseJson } from "../wire/json.ts";
import type { Piece, WireFormat } from "../wire/types.ts";
import { excerpt } from "./excerpt.ts";
import { type FrameSink, type Splitter, splitEvents, splitLines } from "./frames.ts";

/** Turns the bytes of a successful response into facts, as they come and wherever they are split. */
export interface AnswerReader {
  feed(chunk: Uint8Array): readonly Piece[];
  /** The body has ended. */
  finish(): readonly Piece[];
}

/**
 * A reader for `format` that goes by what the server sends, not by what was announced: servers answer plain JSON though
 * a stream was asked for, and streams under any content type.
 * @param streamed whether a stream was asked for, which decides where a whole answer is a stream of one line
 */
export function answerReader(format: WireFormat, streamed: boolean): AnswerReader {
  if (format.framing === "none") return wholeReader(format);
  if (format.framing === "json_lines") {
    const lines = streamReader(format, splitLines);
    return streamed ? lines : collected(lines);
  }
  let reader: AnswerReader | undefined;
  return {
    feed(chunk) {
      reader ??= looksLikeJson(chunk);
      return reader?.feed(chunk) ?? [];
    },
    finish: () => reader?.finish() ?? [],
  };

  /** Server-sent events cannot begin with a bracket, JSON objects must; undefined while there is only white space. */
  function looksLikeJson(chunk: Uint8Array): AnswerReader | undefined {
    const first = chunk.find((byte) => !BLANK.has(byte));
    if (first === undefined) return undefined;
    return OPENING.has(first) ? wholeReader(format) : streamReader(format, splitEvents);
  }
}

/** White space of JSON, and the byte order mark. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** `{` and `[`. */
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);

/** Reads nothing before the end, so that an answer that came whole has no times of its own. */
function collected(reader: AnswerReader): AnswerReader {
  const chunks: Uint8Array[] = [];
  return {
    feed(chunk) {
      chunks.push(chunk);
      return [];
    },
    finish: () => [...chunks.flatMap((chunk) => reader.feed(chunk)), ...reader.finish()],
  };
}

function wholeReader(format: WireFormat): AnswerReader {
  const chunks: Uint8Array[] = [];
  return {
    feed(chunk) {
      chunks.push(chunk);
      return [];
    },
    finish() {
      const text = new TextDecoder().decode(Buffer.concat(chunks));
      const parsed = parseJson(text);
      return parsed.ok ? format.readWhole(parsed.value) : [malformed("the answer is not JSON", text)];
    },
  };
}

function streamReader(format: WireFormat, split: (sink: FrameSink) => Splitter): AnswerReader {
  const decoder = new TextDecoder();
  let found: Piece[] = [];
  let recognised = false;
  let opening = "";
  const splitter = split({
    frame(data, event) {
      recognised = true;
      const text = data.trim();
      if (text !== "") found.push(...read(text, event));
    },
    alive() {
      recognised = true;
    },
    tooLong() {
      recognised = true;
      found.push({ kind: "fault", reason: "too_large", detail: "a line of the stream is longer than 1 MiB" });
    },
  });
  const read = (text: string, event: string | undefined): readonly Piece[] => {
    if (text === "[DONE]") return [{ kind: "end" }];
    const parsed = parseJson(text);
    if (!parsed.ok) return [malformed("a frame of the stream is not JSON", text)];
    return format.readFrame(event === undefined ? { data: parsed.value } : { event, data: parsed.value });
  };
  const take = (): readonly Piece[] => {
    const pieces = found;
    found = [];
    return pieces;
  };
  return {
    feed(chunk) {
      const text = decoder.decode(chunk, { stream: true });
      if (!recognised && opening.length < OPENING_LENGTH) opening += text.slice(0, OPENING_LENGTH);
      splitter.feed(text);
      return take();
    },
    finish() {
      splitter.feed(decoder.decode());
      splitter.finish();
      if (!recognised) found.push(malformed("the answer is neither a stream nor JSON", opening));
      return take();
    },
  };
}

const OPENING_LENGTH = 200;

const malformed = (what: string, text: string): Piece => ({
  kind: "fault",
  reason: "malformed",
  detail: `${what}: ${excerpt(text)}`,
});
