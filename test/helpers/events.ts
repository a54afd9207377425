import { createParser, type EventSourceMessage } from "eventsource-parser";
import { waitUntil } from "./process.ts";

/** A received server-sent event. */
export interface Received {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A client of `/api/v1/events`; `await using` closes it. */
export interface EventClient extends AsyncDisposable {
  readonly headers: Headers;
  readonly received: readonly Received[];
  readonly comments: readonly string[];
  readonly retries: readonly number[];
  /** Waits for an event that `matches`, among those from index `from` on. */
  next(matches: (event: Received) => boolean, from?: number): Promise<Received>;
  /** Resolves when the stream is over: the server ended it, or the connection broke. */
  readonly ended: Promise<"ended" | "cut">;
}

/** Connects to the event stream of an exporter; rejects unless the status is 200. */
export async function followEvents(
  url: string,
  { query = "", lastEventId }: { query?: string; lastEventId?: string } = {},
): Promise<EventClient> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/v1/events${query}`, {
    signal: leaving.signal,
    headers: lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId },
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`${response.status} ${await response.text()}`);
  const received: Received[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  const parser = createParser({
    onEvent: ({ event = "", id, data }: EventSourceMessage) =>
      void received.push({ event, id, data: JSON.parse(data) as Record<string, unknown> }),
    onComment: (text) => void comments.push(text),
    onRetry: (retry) => void retries.push(retry),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (): Promise<"ended" | "cut"> => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        parser.feed(value);
      }
    } catch {
      return "cut";
    }
  };
  const ended = read();
  return {
    headers: response.headers,
    received,
    comments,
    retries,
    next: (matches, from = 0) =>
      waitUntil("an event", () => received.slice(from).find((event) => matches(event))),
    ended,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await ended;
    },
  };
}
