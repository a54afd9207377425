import type { OpenedFile } from "../../files/files.ts";

/** A file that stays open between probes. */
export interface OpenDescriptor {
  readonly handle: OpenedFile;
  /** The file's stamp when it was last read to its end. */
  endStamp?: string;
}

/** The files that a module keeps open, so that lines written after a file was renamed or deleted are not lost. */
export interface Descriptors {
  /** Runs a probe, during which only `release` closes files. */
  during<T>(probe: () => Promise<T>): Promise<T>;
  get(path: string, id: string): OpenDescriptor | undefined;
  keep(path: string, id: string, handle: OpenedFile): OpenDescriptor;
  release(path: string, id: string): void;
  /** Closes all files once no probe is running, and from then on after each probe. */
  close(): void;
}

/**
 * Creates an empty set of descriptors.
 * @param most files to keep open; beyond that the least recently used ones are closed, and if such a file is rotated away,
 * its remainder is searched for among the rotated files
 */
export function createDescriptors(most: number): Descriptors {
  const open = new Map<string, OpenDescriptor>();
  let probes = 0;
  let bound = most;
  const keyOf = (path: string, id: string): string => `${id} ${path}`;
  const drop = (key: string): void => {
    const descriptor = open.get(key);
    open.delete(key);
    // There is nothing to do about a file that fails to close.
    descriptor?.handle.close().catch(() => {});
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
      const descriptor = open.get(key);
      if (descriptor === undefined) return undefined;
      // Moves it to the end of the map: the most recently used one.
      open.delete(key);
      open.set(key, descriptor);
      return descriptor;
    },
    keep(path, id, handle) {
      const descriptor: OpenDescriptor = { handle };
      drop(keyOf(path, id));
      open.set(keyOf(path, id), descriptor);
      return descriptor;
    },
    release: (path, id) => drop(keyOf(path, id)),
    close() {
      bound = 0;
      trim();
    },
  };
}
