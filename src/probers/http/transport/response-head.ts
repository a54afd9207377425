/**
 * Mends heads of HTTP/1 responses that Go accepts and the parser of Node.js refuses: a `Content-Length` that is repeated or
 * empty, spaces in the name of a header, several spaces before the status. Folded lines are joined as in Go. A head is read as
 * it arrives, line by line; everything else passes unchanged, so that the parser judges it. This is safe because a connection
 * serves one request: what follows the response is never read.
 */
export interface HeadReader {
  /** Takes bytes, one per character, and returns those for the parser. */
  read(text: string): string;
  /** Returns what was held back, at the end of the connection. */
  rest(): string;
  /** True once the head of the final response is over: from then on, nothing is held back. */
  isOver(): boolean;
}

/** Characters that are held back at most, to see if a line is continued. */
const MOST_HELD = 64 * 1024;

const STATUS_LINE = /^(HTTP\/\d\.\d) +(\d{3})(?: ([^]*))?$/;
const TOKEN = String.raw`[!#$%&'*+.^_\`|~0-9A-Za-z-]`;
/** A name that Go accepts and never finds again. */
const NAME_WITH_SPACES = new RegExp(`^(?=[^:]* )${TOKEN}(?:${TOKEN}| )*$`);

/** Creates a reader for the responses of one connection. */
export function createHeadReader(): HeadReader {
  /** The beginning of a line. */
  let partial = "";
  /** The lines of a header that the next line may continue. */
  let held: string[] = [];
  let heldLength = 0;
  let isStatus = true;
  let isInterim = false;
  let isOver = false;
  let lengths = createLengths();

  const finishHeld = (): string => {
    const line = joinFolded(held);
    held = [];
    heldLength = 0;
    return line === undefined ? "" : lengths.header(line);
  };
  const takeLine = (line: string): string => {
    if (isStatus) {
      isStatus = false;
      isInterim = /^HTTP\/\d\.\d +1(?!01)/.test(line);
      return `${mendedStatus(line)}\r\n`;
    }
    const passed = held.length > 0 && /^[ \t]/.test(line) ? "" : finishHeld();
    if (line !== "") {
      held.push(line);
      heldLength += line.length;
      return passed;
    }
    isStatus = true;
    isOver = !isInterim;
    lengths = createLengths();
    return `${passed}\r\n`;
  };
  const rest = (): string => {
    const all = held.map((line) => `${line}\r\n`).join("") + partial;
    held = [];
    partial = "";
    return all;
  };

  return {
    read(text) {
      let passed = "";
      let start = 0;
      const first = partial.length;
      partial += text;
      for (let end = partial.indexOf("\n", first); end !== -1; end = partial.indexOf("\n", start)) {
        passed += takeLine(partial.slice(start, end).replace(/\r$/, ""));
        start = end + 1;
        if (isOver) break;
      }
      partial = partial.slice(start);
      isOver ||= partial.length + heldLength > MOST_HELD;
      // The parser refuses anything else at its first byte, without a line feed.
      isOver ||= isStatus && !"HTTP/".startsWith(partial.slice(0, "HTTP/".length));
      return isOver ? passed + rest() : passed;
    },
    rest,
    isOver: () => isOver,
  };
}

function mendedStatus(line: string): string {
  const [, version, status = "", reason = ""] = STATUS_LINE.exec(line) ?? [];
  return version === undefined ? line : `${version} ${status} ${reason.replaceAll("\r", "")}`;
}

/** Joins the lines of a header as Go does. */
function joinFolded([first, ...more]: readonly string[]): string | undefined {
  if (first === undefined || more.length === 0) return first;
  return [first.trimEnd(), ...more.map((line) => line.trim())].join(" ");
}

/** Passes the headers of one head, of `Content-Length` only what the parser needs. */
function createLengths() {
  let before: string | undefined;
  return {
    header(line: string): string {
      const name = line.slice(0, Math.max(0, line.indexOf(":")));
      if (NAME_WITH_SPACES.test(name)) return "";
      if (name.toLowerCase() !== "content-length") return `${line}\r\n`;
      const value = line.slice(name.length + 1).trim();
      const earlier = before;
      before = value;
      if (earlier === value || (earlier === undefined && value === "")) return "";
      // Of two that differ, one may be empty and was not passed. The parser refuses them, as Go does.
      return earlier === "" ? `Content-Length:\r\n${line}\r\n` : `${line}\r\n`;
    },
  };
}

const PLAIN_HEAD = new RegExp(
  `^HTTP/1\\.[01] [2-9]\\d\\d(?: [^\\r\\n]*)?\\r\\n(?:${TOKEN}+:[^\\r\\n]*\\r\\n)*\\r\\n$`,
);
const LENGTH = "\r\ncontent-length:";

/** Returns true for bytes, one per character, that begin with a complete final head that needs no mending, as nearly all do. */
export function beginsWithPlainHead(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const head = text.slice(0, end + 4);
  if (!PLAIN_HEAD.test(head)) return false;
  const lower = head.toLowerCase();
  const at = lower.indexOf(LENGTH);
  if (at === -1) return true;
  return !/^[ \t]*\r/.test(lower.slice(at + LENGTH.length)) && lower.indexOf(LENGTH, at + 1) === -1;
}
