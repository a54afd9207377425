import type { FileHandle } from "node:fs/promises";

/** An open file that is kept between probes. */
export interface OpenDescriptor {
  readonly handle: FileHandle;
  /** What the file was like when it had been read to its end. */
  readDown?: string;
}

/** The files that a module keeps open, so that what is written to one after it was renamed or deleted is not lost. */
export interface Descriptors {
  /** Runs a probe; what it uses stays open for that long. */
  during<T>(probe: () => Promise<T>): Promise<T>;
  get(path: string, id: string): OpenDescriptor | undefined;
  keep(path: string, id: string, handle: FileHandle): OpenDescriptor;
  release(path: string, id: string): void;
  /** Closes all when no probe runs any more, and from then on after each probe. */
  close(): void;
}

/** @param most of more files those are closed that were not used for the longest; their rest is then looked for among the rotated files */
export function createDescriptors(most: number): Descriptors {
  const open = new Map<string, OpenDescriptor>();
  let probes = 0;
  let bound = most;
  const keyOf = (path: string, id: string): string => `${id} ${path}`;
  const drop = (key: string): void => {
    const held = open.get(key);
    open.delete(key);
    // What closing has to say helps nobody.
    held?.handle.close().catch(() => {});
  };
  const trim = (): void => {
    if (probes > 0) return;
    for (const key of [...open.keys()].slice(0, Math.max(0, open.size - bound))) drop(key);
  };
  return {
    async during(probe) {
      probes += 1;
      try {
        return await probe();
      } finally {
        probes -= 1;
        trim();
      }
    },
    get(path, id) {
      const key = keyOf(path, id);
      const held = open.get(key);
      if (held === undefined) return undefined;
      open.delete(key);
      open.set(key, held);
      return held;
    },
    keep(path, id, handle) {
      const held: OpenDescriptor = { handle };
      drop(keyOf(path, id));
      open.set(keyOf(path, id), held);
      return held;
    },
    release: (path, id) => drop(keyOf(path, id)),
    close() {
      bound = 0;
      trim();
    },
  };
}
