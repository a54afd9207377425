/** One server-sent event. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The latest `id:` of the stream, in this event or an earlier one. */
  readonly lastEventId: string | undefined;
}

/** Longest line accepted, in characters, so that a stream without line ends does not exhaust memory. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Creates a parser of `text/event-stream` that accepts text in pieces of any size:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @param onEvent called for each event
 * @param onRetry called with the milliseconds of each `retry:`
 * @returns a function that parses the next piece, and throws if a line is too long
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
    // A carriage return at the end of a piece may be the first half of CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE)
      throw new Error(`event stream: got a line longer than ${LONGEST_LINE} characters`);
    for (const line of lines) take(line);
  };
}
