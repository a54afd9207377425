import { isFields, parseJson } from "./json.ts";

/** What is inside of one line of a log. */
export interface Unwrapped {
  /** The line that the service wrote, or a piece of it. */
  readonly text: string;
  /** When it was written, as the wrapper says. */
  readonly time?: number | string;
  /** The stream whose lines come in pieces; without one lines are whole. */
  readonly stream?: string;
  /** Whether more of the same line follows. */
  readonly partial: boolean;
}

/** CRI: time, stream, P for a piece or F for the end of a line, possibly further tags, text. */
const CRI = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([PF])(?::\S*)? ?/;

/**
 * Looks through what container runtimes and journald put around a line: Docker's json-file, CRI, `journalctl -o json`.
 * Anything else is the line itself. Decided line by line, as one file may hold several.
 */
export function unwrap(line: string): Unwrapped {
  const cri = CRI.exec(line);
  if (cri !== null) {
    const [head, time = "", stream = "", tag] = cri;
    return { text: line.slice(head.length), time, stream, partial: tag === "P" };
  }
  if (line.startsWith("{")) {
    const value = line.startsWith('{"log":') || line.includes('"MESSAGE"') ? parseJson(line) : undefined;
    const found = isFields(value) ? (docker(value) ?? journald(value)) : undefined;
    if (found !== undefined) return found;
  }
  return { text: line, partial: false };
}

function docker({ log, stream, time }: Readonly<Record<string, unknown>>): Unwrapped | undefined {
  if (typeof log !== "string" || typeof stream !== "string") return undefined;
  const whole = log.endsWith("\n");
  return {
    text: whole ? log.slice(0, -1) : log,
    stream,
    partial: !whole,
    ...(typeof time === "string" ? { time } : {}),
  };
}

/** A message with control characters or broken UTF-8 comes as a list of its bytes. */
function journald(entry: Readonly<Record<string, unknown>>): Unwrapped | undefined {
  const { MESSAGE: message, __REALTIME_TIMESTAMP: time } = entry;
  const text = Array.isArray(message) ? Buffer.from(message.map(Number)).toString("latin1") : message;
  if (typeof text !== "string") return undefined;
  return { text, partial: false, ...(typeof time === "string" ? { time } : {}) };
}
