/** A part of a stream: text, or bytes of a compressed text. */
export type Chunk = string | Buffer;

/** A stream of chunks that several readers share. It ends when its last reader does. */
export interface SharedStream {
  /** Adds a reader from the start on; returns `undefined` if the start is no longer kept. */
  join(): AsyncGenerator<Chunk> | undefined;
}

/** A reader's place in the stream: the number of chunks that it has taken. */
interface Place {
  chunks: number;
}

/**
 * Creates a stream that is opened by its first reader. It is read as fast as the fastest reader reads. Chunks are kept for the
 * readers that are behind, and the first ones for readers that join: at most `mostKept` characters or bytes. A reader that
 * falls behind by more goes on with a stream of its own, so that it holds up no other reader and is not cut off.
 * @param open opens the stream; must give the same text or bytes each time
 */
export function createSharedStream(open: () => AsyncIterable<Chunk>, mostKept: number): SharedStream {
  let source: AsyncIterator<Chunk> | undefined;
  const places = new Set<Place>();
  const kept: Chunk[] = [];
  let length = 0;
  /** Number of chunks that are no longer kept. */
  let dropped = 0;
  let ended = false;
  let reading: Promise<void> | undefined;

  /** Drops old chunks if there are too many. Once a reader cannot join, none is kept that all readers have taken. */
  const dropChunks = (): void => {
    const needed = dropped === 0 ? 0 : Math.min(...Array.from(places, ({ chunks }) => chunks));
    while (kept.length > 1 && (length > mostKept || dropped < needed)) {
      length -= kept.shift()?.length ?? 0;
      dropped += 1;
    }
  };
  const readChunk = async (): Promise<void> => {
    source ??= open()[Symbol.asyncIterator]();
    const next = await source.next();
    if (next.done === true) {
      ended = true;
      return;
    }
    kept.push(next.value);
    length += next.value.length;
    dropChunks();
  };
  /** Reads the next chunk. Readers that wait for it at the same time wait together. */
  const advance = (): Promise<void> => {
    reading ??= readChunk().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const leave = (place: Place): void => {
    places.delete(place);
    if (places.size > 0) return;
    // Later readers need a new stream.
    dropped = Number.POSITIVE_INFINITY;
    kept.length = 0;
    void source?.return?.();
  };

  async function* readAll(): AsyncGenerator<Chunk> {
    const place = { chunks: 0 };
    let sent = 0;
    places.add(place);
    try {
      while (place.chunks >= dropped) {
        const chunk = kept[place.chunks - dropped];
        if (chunk !== undefined) {
          place.chunks += 1;
          sent += chunk.length;
          yield chunk;
        } else if (ended) return;
        else await advance();
      }
    } finally {
      leave(place);
    }
    yield* withoutFirst(open(), sent);
  }

  return { join: () => (dropped > 0 ? undefined : readAll()) };
}

async function* withoutFirst(source: AsyncIterable<Chunk>, count: number): AsyncGenerator<Chunk> {
  let left = count;
  for await (const chunk of source) {
    if (left === 0) yield chunk;
    else if (left < chunk.length) yield typeof chunk === "string" ? chunk.slice(left) : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
