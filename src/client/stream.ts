import { createEventReader } from "./event-stream.ts";
import { complaintOf, type ModeReport, parsed, reportOf, routeOf } from "./mode.ts";

export interface StreamOptions {
  readonly target: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly lastEventId: string | undefined;
  /** How long the first event may take: a proxy that collects answers never lets it through. */
  readonly firstMs: number;
  /** The exporter says something every 15 s. */
  readonly silenceMs: number;
}

/** Told of what comes. */
export interface StreamListener {
  /** Something came since the state of now, be it only a sign of life. */
  heard(): void;
  /** The state of now, of each target that was asked for. */
  now(reports: readonly ModeReport[]): void;
  /** A change that happened, maybe while nobody listened: then `now` comes after it. */
  change(report: ModeReport): void;
  /** A mode is held by hand from now on, or no more. */
  forced(target: string, forced: boolean): void;
  id(lastEventId: string): void;
  retry(milliseconds: number): void;
}

/**
 * Follows `/api/v1/events` until the exporter ends the stream. Rejects when there is none, when it breaks, or when it is silent.
 */
export async function followStream(
  url: string | URL,
  { target, headers, signal, lastEventId, firstMs, silenceMs }: StreamOptions,
  listener: StreamListener,
): Promise<void> {
  const silent = new AbortController();
  const give = (): void => silent.abort(new Error("the stream of the exporter is silent"));
  let timer = setTimeout(give, firstMs);
  try {
    const query = { type: "mode,force", format: "stream", ...(target === undefined ? {} : { target }) };
    const response = await fetch(routeOf(url, "api/v1/events", query), {
      headers: {
        ...headers,
        Accept: "text/event-stream",
        ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
      },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
    if (response.status !== 200 || !isStream || response.body === null) {
      const text = await response.text();
      throw new Error(`no stream of events: ${response.status} ${complaintOf(text)}`);
    }
    let spoke = false;
    /** The state of now was told, so that everything that comes is news. */
    let current = false;
    const read = createEventReader(
      ({ type, data, lastEventId }) => {
        if (type === "snapshot") current = true;
        spoke = true;
        tell(type, parsed(data), listener);
        if (lastEventId !== undefined) listener.id(lastEventId);
      },
      (milliseconds) => listener.retry(milliseconds),
    );
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      read(piece);
      if (current) listener.heard();
      // A proxy may let through the beginning and collect the rest.
      if (!spoke) continue;
      clearTimeout(timer);
      timer = setTimeout(give, silenceMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

function tell(type: string, data: unknown, listener: StreamListener): void {
  if (typeof data !== "object" || data === null) return;
  if (type === "snapshot" && "targets" in data && Array.isArray(data.targets))
    listener.now(data.targets.map(reportOf).filter((report) => report !== undefined));
  if (type === "mode") {
    const report = reportOf(data);
    if (report !== undefined) listener.change(report);
  }
  if (type === "force" && "target" in data && typeof data.target === "string" && "forced" in data)
    listener.forced(data.target, data.forced === true);
}
