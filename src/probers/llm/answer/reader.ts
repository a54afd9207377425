import { excerpt } from "../../../core/excerpt.ts";
import { parseJson } from "../wire/json.ts";
import { malformedPiece } from "../wire/pieces.ts";
import type { Piece, WireFormat } from "../wire/types.ts";
import { type FrameSink, type Splitter, splitEvents, splitLines } from "./frames.ts";

/** Reads the bytes of a successful response into pieces, independent of the chunks in which they arrive. */
export interface AnswerReader {
  feed(chunk: Uint8Array): readonly Piece[];
  /** Returns the remaining pieces after the end of the body. */
  finish(): readonly Piece[];
}

/**
 * Returns a reader for `format`. It goes by the bytes rather than by the request or the content type: servers answer with
 * plain JSON to a request for a stream, and send streams under any content type.
 * @param streamed whether a stream was requested; only used for lines of JSON, where a whole answer is a stream of one line
 */
export function answerReader(format: WireFormat, streamed: boolean): AnswerReader {
  let reader: AnswerReader | undefined;
  /** The bytes before the first visible one; a byte order mark may be split. */
  const blank: Uint8Array[] = [];
  return {
    feed(chunk) {
      if (reader !== undefined) return reader.feed(chunk);
      const first = chunk.find((byte) => !BLANK.has(byte));
      if (first === undefined) {
        blank.push(chunk);
        return [];
      }
      reader = readerFor(first);
      return reader.feed(Buffer.concat([...blank, chunk]));
    },
    finish: () =>
      reader?.finish() ?? [{ kind: "fault", reason: "empty", detail: "the body of the response is empty" }],
  };

  /** Tells JSON, which begins with a bracket, from events, which cannot. */
  function readerFor(first: number): AnswerReader {
    if (format.framing === "json_lines") {
      const lines = streamReader(format, splitLines);
      return streamed ? lines : deferred(lines);
    }
    return format.framing === "none" || OPENING.has(first)
      ? wholeReader(format)
      : streamReader(format, splitEvents);
  }
}

/** JSON's white space, and the byte order mark. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
/** `{` and `[`. */
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);

/** Reads nothing before the end, because the tokens of a whole answer have no times of their own. */
function deferred(reader: AnswerReader): AnswerReader {
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
      const pieces = parsed.ok ? format.readWhole(parsed.value) : [malformed("the answer is not JSON", text)];
      return pieces.map((piece) => withSource(piece, text));
    },
  };
}

function streamReader(format: WireFormat, split: (sink: FrameSink) => Splitter): AnswerReader {
  const decoder = new TextDecoder();
  let pieces: Piece[] = [];
  let recognized = false;
  let beginning = "";
  const splitter = split({
    frame(data, event) {
      recognized = true;
      const text = data.trim();
      if (text !== "") pieces.push(...read(text, event));
    },
    lastFrame(data, event) {
      const text = data.trim();
      if (text !== "[DONE]" && !parseJson(text).ok) return;
      recognized = true;
      pieces.push(...read(text, event));
    },
    alive() {
      recognized = true;
    },
    tooLong() {
      recognized = true;
      pieces.push({
        kind: "fault",
        reason: "too_large",
        detail: "a line of the stream is longer than 1 MiB",
      });
    },
  });
  const read = (text: string, event: string | undefined): readonly Piece[] => {
    if (text === "[DONE]") return [{ kind: "end" }];
    const parsed = parseJson(text);
    if (!parsed.ok) return [withSource(malformed("a frame of the stream is not JSON", text), text)];
    const found = format
      .readFrame(event === undefined ? { data: parsed.value } : { event, data: parsed.value })
      .map((piece) => withSource(piece, text));
    // A frame may have both text and the finish reason. Whether the answer is complete is then known with the text.
    return found.toSorted((a, b) => Number(b.kind === "finish") - Number(a.kind === "finish"));
  };
  const take = (): readonly Piece[] => {
    const taken = pieces;
    pieces = [];
    return taken;
  };
  return {
    feed(chunk) {
      const text = decoder.decode(chunk, { stream: true });
      if (!recognized) beginning += text.slice(0, SOURCE_LENGTH - beginning.length);
      splitter.feed(text);
      return take();
    },
    finish() {
      splitter.feed(decoder.decode());
      splitter.finish();
      if (!recognized) {
        const shown = beginning.slice(0, BEGINNING_LENGTH);
        pieces.push(withSource(malformed("the answer is neither a stream nor JSON", shown), beginning));
      }
      return take();
    },
  };
}

/** Characters shown of an answer that cannot be read. */
const BEGINNING_LENGTH = 200;

/** Longest source of an error that is kept, in characters. */
const SOURCE_LENGTH = 2 ** 16;

/** Adds the text that an error was read from, for the rules of a module. */
const withSource = (piece: Piece, source: string): Piece =>
  piece.kind === "error" || piece.kind === "fault"
    ? { ...piece, source: source.slice(0, SOURCE_LENGTH) }
    : piece;

const malformed = (problem: string, text: string): Piece => malformedPiece(`${problem}: ${excerpt(text)}`);
