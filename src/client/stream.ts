import { createEventReader } from "./event-stream.ts";
import { errorText, type ModeReport, parseJson, reportOf, routeOf } from "./mode.ts";

/** The request of an event stream and its timeouts. */
export interface StreamOptions {
  readonly target: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly lastEventId: string | undefined;
  /** Timeout for the first event in milliseconds; a buffering proxy never delivers it. */
  readonly firstMs: number;
  /** Longest silence accepted, in milliseconds; the exporter sends at least a comment every 15 s. */
  readonly silenceMs: number;
}

/** The callbacks of a stream. */
export interface StreamListener {
  /** Called for each piece of data from the snapshot on, keep-alive comments included. */
  activity(): void;
  /** Called with the current state of each requested target. */
  snapshot(reports: readonly ModeReport[]): void;
  /** Called for each change of a mode. A change that was missed comes before the snapshot. */
  change(report: ModeReport): void;
  /** Called when an operator forces the mode of a target or releases it. */
  forced(target: string, forced: boolean): void;
  /** Called with the id of each event, from which the next stream resumes. */
  id(lastEventId: string): void;
  /** Called with the delay before reconnecting that the exporter asks for. */
  retry(milliseconds: number): void;
}

/**
 * Follows `/api/v1/events` until the exporter ends the stream. Rejects if the stream cannot be opened, breaks, or stays silent
 * for too long.
 */
export async function followStream(
  url: string | URL,
  { target, headers, signal, lastEventId, firstMs, silenceMs }: StreamOptions,
  listener: StreamListener,
): Promise<void> {
  const silence = new AbortController();
  const onSilence = (): void => silence.abort(new Error("event stream: timed out waiting for data"));
  let timer = setTimeout(onSilence, firstMs);
  try {
    const query = { type: "mode,force", format: "stream", ...(target === undefined ? {} : { target }) };
    const response = await fetch(routeOf(url, "api/v1/events", query), {
      headers: {
        ...headers,
        Accept: "text/event-stream",
        ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
    if (response.status !== 200 || !isStream || response.body === null) {
      const text = await response.text();
      throw new Error(`event stream: got status ${response.status}: ${errorText(text)}`);
    }
    let hasEvent = false;
    let hasSnapshot = false;
    const read = createEventReader(
      ({ type, data, lastEventId }) => {
        if (type === "snapshot") hasSnapshot = true;
        hasEvent = true;
        dispatch(type, parseJson(data), listener);
        if (lastEventId !== undefined) listener.id(lastEventId);
      },
      (milliseconds) => listener.retry(milliseconds),
    );
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      read(piece);
      if (hasSnapshot) listener.activity();
      // A buffering proxy may deliver the start of the stream and hold back the first event.
      if (!hasEvent) continue;
      clearTimeout(timer);
      timer = setTimeout(onSilence, silenceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

function dispatch(type: string, data: unknown, listener: StreamListener): void {
  if (typeof data !== "object" || data === null) return;
  if (type === "snapshot" && "targets" in data && Array.isArray(data.targets))
    listener.snapshot(data.targets.map(reportOf).filter((report) => report !== undefined));
  if (type === "mode") {
    const report = reportOf(data);
    if (report !== undefined) listener.change(report);
  }
  if (type === "force" && "target" in data && typeof data.target === "string" && "forced" in data)
    listener.forced(data.target, data.forced === true);
}
