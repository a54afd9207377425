import { createParser } from "eventsource-parser";

/** Longest line of a stream, in characters: no API comes near, and nobody shall fill our memory. */
export const MAX_LINE_LENGTH = 2 ** 20;

/** Gets what a splitter finds. All calls happen inside `feed` and `finish`. */
export interface FrameSink {
  frame(data: string, event: string | undefined): void;
  /** Something that is no answer but shows that this is a stream of the kind: a comment that keeps it alive. */
  alive(): void;
  tooLong(): void;
}

/** Cuts text into frames, wherever the text itself was cut. */
export interface Splitter {
  feed(text: string): void;
  /** The text has ended. */
  finish(): void;
}

/** Cuts server-sent events. An event that its blank line does not end is cut off and so is none, as the standard says. */
export function splitEvents(sink: FrameSink): Splitter {
  let overfull = false;
  const parser = createParser({
    maxBufferSize: MAX_LINE_LENGTH,
    onEvent: ({ data, event }) => sink.frame(data, event),
    onComment: () => sink.alive(),
    onError: ({ type }) => {
      if (type !== "max-buffer-size-exceeded") return;
      overfull = true;
      sink.tooLong();
    },
  });
  return {
    // The parser throws when it is fed after it gave up.
    feed: (text) => (overfull ? undefined : parser.feed(text)),
    finish: () => undefined,
  };
}

/** Cuts lines of JSON; the last one needs no end. */
export function splitLines(sink: FrameSink): Splitter {
  let pending: string[] = [];
  let length = 0;
  const flush = (): void => {
    const line = pending.join("").trim();
    pending = [];
    length = 0;
    if (line !== "") sink.frame(line, undefined);
  };
  return {
    feed(text) {
      const lines = text.split("\n");
      for (const [i, part] of lines.entries()) {
        if (i > 0) flush();
        pending.push(part);
        length += part.length;
        if (length > MAX_LINE_LENGTH) return sink.tooLong();
      }
    },
    finish: flush,
  };
}
