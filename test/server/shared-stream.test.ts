import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chunk, createSharedStream, type SharedStream } from "../../src/server/shared-stream.ts";
import { settle } from "../helpers/stand-in-prober.ts";

/** A source of chunks that counts how often it is opened and how far it is read. */
function sourceOf(chunks: readonly string[]) {
  const seen = { opened: 0, read: 0, ended: 0 };
  async function* open(): AsyncGenerator<Chunk> {
    seen.opened += 1;
    try {
      for (const chunk of chunks) {
        seen.read += 1;
        yield chunk;
      }
    } finally {
      seen.ended += 1;
    }
  }
  return { open, seen };
}

const joined = (stream: SharedStream): AsyncGenerator<Chunk> => {
  const reader = stream.join();
  if (reader === undefined) throw new Error("the start is no longer kept");
  return reader;
};

const rest = async (reader: AsyncIterable<Chunk>): Promise<string> => {
  let text = "";
  for await (const chunk of reader) text += String(chunk);
  return text;
};

const DIGITS = Array.from({ length: 10 }, (_, i) => String(i));

describe("createSharedStream", () => {
  it("gives each reader everything, however they take turns, leave and fall behind", async () => {
    const step = fc.record({ reader: fc.nat(3), leaves: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        async (chunks, steps, mostKept) => {
          const stream = createSharedStream(sourceOf(chunks).open, mostKept);
          const readers = new Map<number, { iterator: AsyncGenerator<Chunk>; text: string }>();
          for (const { reader, leaves } of steps) {
            const iterator = readers.get(reader)?.iterator ?? stream.join();
            if (iterator === undefined) continue;
            const own = readers.get(reader) ?? { iterator, text: "" };
            readers.set(reader, own);
            const next = await own.iterator.next();
            if (next.done !== true) own.text += String(next.value);
            if (!leaves) continue;
            await own.iterator.return(undefined);
            readers.delete(reader);
          }
          for (const own of readers.values())
            expect(own.text + (await rest(own.iterator))).toBe(chunks.join(""));
        },
      ),
    );
  });

  it("opens its source once for readers that keep pace", async () => {
    const { open, seen } = sourceOf(DIGITS);
    const stream = createSharedStream(open, 100);
    expect(await Promise.all([rest(joined(stream)), rest(joined(stream))])).toEqual([
      "0123456789",
      "0123456789",
    ]);
    expect(seen).toEqual({ opened: 1, read: 10, ended: 1 });
  });

  it("lets readers join while its start is kept, and not after", async () => {
    const stream = createSharedStream(sourceOf(DIGITS).open, 3);
    const first = joined(stream);
    for (let i = 0; i < 3; i += 1) await first.next();
    const second = joined(stream);
    expect((await second.next()).value).toBe("0");
    await first.next();
    expect(stream.join()).toBeUndefined();
    expect(await rest(second)).toBe("123456789");
    expect(await rest(first)).toBe("456789");
  });

  it("goes on for a reader that has fallen behind, without a wait for the fast one", async () => {
    const { open, seen } = sourceOf(DIGITS);
    const stream = createSharedStream(open, 3);
    const [fast, slow] = [joined(stream), joined(stream)];
    expect((await slow.next()).value).toBe("0");
    expect(await rest(fast)).toBe("0123456789");
    expect(await rest(slow)).toBe("123456789");
    expect(seen).toEqual({ opened: 2, read: 20, ended: 2 });
  });

  it("reads no more than its readers ask for", async () => {
    const { open, seen } = sourceOf(DIGITS);
    const reader = joined(createSharedStream(open, 100));
    await reader.next();
    await settle();
    expect(seen.read).toBe(1);
  });

  it("ends its source when the last reader leaves", async () => {
    const { open, seen } = sourceOf(DIGITS);
    const stream = createSharedStream(open, 100);
    const [first, second] = [joined(stream), joined(stream)];
    await first.next();
    await second.next();
    await first.return(undefined);
    expect(seen.ended).toBe(0);
    await second.return(undefined);
    await settle();
    expect(seen).toEqual({ opened: 1, read: 1, ended: 1 });
    expect(stream.join()).toBeUndefined();
  });

  it("fails for all readers if its source fails", async () => {
    const stream = createSharedStream(async function* open(): AsyncGenerator<Chunk> {
      yield "0";
      throw new Error("broken");
    }, 100);
    const results = await Promise.allSettled([rest(joined(stream)), rest(joined(stream))]);
    expect(results).toEqual([
      { status: "rejected", reason: new Error("broken") },
      { status: "rejected", reason: new Error("broken") },
    ]);
  });
});
