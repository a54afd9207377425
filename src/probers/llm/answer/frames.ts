import { createParser } from "eventsource-parser";

/** Longest line of a stream, in characters. No API comes near it; it bounds the memory that a server can make the exporter use. */
export const MAX_LINE_LENGTH = 2 ** 20;

/** Receives what a splitter finds. All calls happen inside `feed` and `finish`. */
export interface FrameSink {
  frame(data: string, event: string | undefined): void;
  /** Called at most once, by `finish`, for an event that no blank line completes: it may have been cut off. */
  lastFrame(data: string, event: string | undefined): void;
  /** Called for a comment, such as a keep-alive: not part of the answer, but proof that this is an event stream. */
  alive(): void;
  /** Called for a line that is longer than `MAX_LINE_LENGTH`. */
  tooLong(): void;
}

/** Cuts text into frames, independent of the chunks in which it arrives. */
export interface Splitter {
  feed(text: string): void;
  /** Tells the splitter that the text has ended. */
  finish(): void;
}

/**
 * Splits server-sent events. The standard discards an event at the end of the text that no blank line completes; servers
 * omit that line, and official clients accept the event, so that the sink decides.
 */
export function splitEvents(sink: FrameSink): Splitter {
  let exceeded = false;
  let finished = false;
  const parser = createParser({
    maxBufferSize: MAX_LINE_LENGTH,
    onEvent: ({ data, event }) => (finished ? sink.lastFrame(data, event) : sink.frame(data, event)),
    onComment: () => sink.alive(),
    onError: ({ type }) => {
      if (type !== "max-buffer-size-exceeded") return;
      exceeded = true;
      sink.tooLong();
    },
  });
  return {
    // The parser throws if it is fed after this error.
    feed: (text) => (exceeded ? undefined : parser.feed(text)),
    finish() {
      finished = true;
      if (!exceeded) parser.feed("\n\n");
    },
  };
}

/** Splits lines of JSON; the last one needs no newline. */
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
