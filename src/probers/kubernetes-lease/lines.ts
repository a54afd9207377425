const LINE_FEED = 0x0a;

/**
 * Returns the lines of a stream of UTF-8, wherever its chunks are split; a last one without a line feed, which was cut off, is
 * dropped. Throws a RangeError for a line of more than `longest` bytes, and the error of the stream.
 */
export async function* linesOf(stream: AsyncIterable<Buffer>, longest: number): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const line = Buffer.concat([...begun, chunk.subarray(start, end)]).toString("utf8");
      begun = [];
      length = 0;
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    begun.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longest) throw new RangeError(`an event of the watch is longer than ${longest} bytes`);
  }
}
