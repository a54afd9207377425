/** Longest line with its end, in bytes, as in Go's `bufio.Scanner`. */
export const LONGEST_LINE = 64 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The bytes that a target has sent and no step has taken, in order. */
export interface ReceivedBytes {
  add(chunk: Buffer): void;
  /**
   * Takes the next line, without its `\n` or `\r\n`. The bytes are valid until the next call of `add`.
   * @param ended true if nothing follows, so that bytes without an end of a line are one too
   * @returns `undefined` if there is no whole line
   */
  takeLine(ended: boolean): Buffer | "too_long" | undefined;
  /** Takes `count` bytes; `undefined` if there are fewer. They are valid until the next call of `add`. */
  take(count: number): Buffer | undefined;
  /** Returns the bytes without taking them. They are valid until the next call of `add`. */
  peek(): Buffer;
}

/** Creates an empty buffer. It grows to twice the longest line, and finds lines in linear time however they arrive. */
export function createReceivedBytes(): ReceivedBytes {
  let buffer: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;
  /** Everything before has been searched for the end of a line. */
  let searched = 0;

  const room = (length: number): void => {
    if (end + length <= buffer.length) return;
    const kept = end - start;
    const size = Math.max(kept + length, 2 * kept);
    const next = size <= buffer.length ? buffer : Buffer.allocUnsafe(size);
    buffer.copy(next, 0, start, end);
    buffer = next;
    searched -= start;
    [start, end] = [0, kept];
  };
  const takeUntil = (stop: number, next: number): Buffer => {
    const taken = buffer.subarray(start, stop);
    start = next;
    searched = Math.max(searched, next);
    return taken;
  };
  const withoutReturn = (stop: number): number =>
    stop > start && buffer[stop - 1] === CARRIAGE_RETURN ? stop - 1 : stop;

  return {
    add(chunk) {
      // Most answers arrive as a whole.
      if (start === end) {
        buffer = chunk;
        [start, end, searched] = [0, chunk.length, 0];
        return;
      }
      room(chunk.length);
      chunk.copy(buffer, end);
      end += chunk.length;
    },
    takeLine(ended) {
      const found = buffer.indexOf(LINE_FEED, searched);
      const feed = found === -1 || found >= end ? undefined : found;
      if (
        (feed ?? end - 1) - start + 1 > LONGEST_LINE ||
        (feed === undefined && end - start === LONGEST_LINE)
      )
        return "too_long";
      if (feed !== undefined) return takeUntil(withoutReturn(feed), feed + 1);
      searched = end;
      return ended && end > start ? takeUntil(withoutReturn(end), end) : undefined;
    },
    take: (count) => (end - start < count ? undefined : takeUntil(start + count, start + count)),
    peek: () => buffer.subarray(start, end),
  };
}
