import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createReceivedBytes, LONGEST_LINE } from "../../../src/probers/query-response/received-bytes.ts";

/** Takes all lines of `chunks`, as they arrive, up to one that is too long. */
function linesOf(chunks: readonly Buffer[]): string[] {
  const received = createReceivedBytes();
  const lines: string[] = [];
  /** Takes the lines that are there. Returns false after one that is too long. */
  const drain = (ended: boolean): boolean => {
    for (;;) {
      const line = received.takeLine(ended);
      if (line === undefined) return true;
      lines.push(line === "too_long" ? "too long" : line.toString("latin1"));
      if (line === "too_long") return false;
    }
  };
  for (const chunk of chunks) {
    received.add(chunk);
    if (!drain(false)) return lines;
  }
  drain(true);
  return lines;
}

/** The lines of a text by the rules of Go's `bufio.ScanLines`. */
function model(text: string): string[] {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  return text === "" || text.endsWith("\n") ? lines.slice(0, -1) : lines;
}

const cutAt = (text: Buffer, places: readonly number[]): Buffer[] => {
  const cuts = [
    0,
    ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b),
    text.length,
  ];
  return cuts
    .slice(1)
    .map((end, i) => text.subarray(cuts[i], end))
    .filter(({ length }) => length > 0);
};

describe("lines", () => {
  test("do not depend on how they arrive", () => {
    const text = fc.array(fc.constantFrom("a", "bc", "\n", "\r", "\r\n", "\0", "\xff"), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (parts, places) => {
        const joined = parts.join("");
        expect(linesOf(cutAt(Buffer.from(joined, "latin1"), places))).toEqual(model(joined));
      }),
    );
  });

  test.each([
    ["with its end, the longest", `${"x".repeat(LONGEST_LINE - 1)}\n`, ["x".repeat(LONGEST_LINE - 1)]],
    ["with its end, too long", `${"x".repeat(LONGEST_LINE)}\n`, ["too long"]],
    ["at the end, the longest", "x".repeat(LONGEST_LINE - 1), ["x".repeat(LONGEST_LINE - 1)]],
    ["at the end, too long", "x".repeat(LONGEST_LINE), ["too long"]],
    ["after another one", `a\n${"x".repeat(LONGEST_LINE - 1)}\nb`, ["a", "x".repeat(LONGEST_LINE - 1), "b"]],
  ])("%s", (_, text, lines) => {
    expect(linesOf([Buffer.from(text)])).toEqual(lines);
    expect(linesOf(cutAt(Buffer.from(text), [1, 4096, 65_535, 65_536]))).toEqual(lines);
  });

  test("that arrive byte by byte cost little", () => {
    const begin = performance.now();
    const text = Buffer.from(`${"x".repeat(LONGEST_LINE - 1)}\n`);
    expect(linesOf(Array.from(text, (_, i) => text.subarray(i, i + 1)))).toHaveLength(1);
    // Searching from the start each time would take tens of seconds.
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

describe("bytes", () => {
  test("are taken in order, between lines", () => {
    const received = createReceivedBytes();
    received.add(Buffer.from("one\nabc"));
    expect(received.takeLine(false)?.toString()).toBe("one");
    expect(received.take(2)?.toString()).toBe("ab");
    expect(received.take(2)).toBeUndefined();
    received.add(Buffer.from("d\ne"));
    expect(received.peek().toString()).toBe("cd\ne");
    expect(received.takeLine(false)?.toString()).toBe("cd");
    expect(received.takeLine(false)).toBeUndefined();
    expect(received.takeLine(true)?.toString()).toBe("e");
    expect(received.takeLine(true)).toBeUndefined();
  });
});
