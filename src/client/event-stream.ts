/** One server-sent event. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The last `id:` of the stream so far. */
  readonly lastEventId: string | undefined;
}

/** What a stream that is none of ours must not grow to. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads a `text/event-stream`, however its text is cut into pieces: https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @param onEvent called for each event
 * @param onRetry called with the milliseconds of each `retry:`
 * @returns takes the next piece; throws when a line has no end
 */
export function createEventReader(
  onEvent: (event: StreamEvent) => void,
  onRetry: (milliseconds: number) => void,
): (piece: string) => void {
  let rest = "";
  let type = "";
  let data: string[] = [];
  let lastEventId: string | undefined;

  const dispatch = (): void => {
    if (data.length > 0)
      onEvent({ type: type === "" ? "message" : type, data: data.join("\n"), lastEventId });
    type = "";
    data = [];
  };
  const take = (line: string): void => {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) lastEventId = value;
    else if (field === "retry" && /^\d+$/.test(value)) onRetry(Number(value));
  };

  return (piece) => {
    rest += piece;
    // A carriage return at the end may be the first half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) throw new Error("the stream has a line without an end");
    for (const line of lines) take(line);
  };
}
