import { createMemory, type Memory } from "../../src/core/memory.ts";

/** A memory that can be copied at any moment, to simulate a crash there. */
export interface SnapshotMemory extends Memory {
  /** Returns a copy, as a store would have it if the process ended now. */
  snapshot(): SnapshotMemory;
  /** Makes `flush` fail until `repair`. */
  breakDown(): void;
  repair(): void;
}

/** Creates a memory with this content: values by key, by namespace. */
export function snapshotMemory(
  content: ReadonlyMap<string, ReadonlyMap<string, unknown>> = new Map(),
): SnapshotMemory {
  const inner = createMemory();
  const names = new Set<string>(content.keys());
  for (const [name, values] of content) {
    for (const [key, value] of values) inner.namespace(name).put(key, value);
  }
  let broken = false;
  return {
    downFor: inner.downFor,
    namespace(name) {
      names.add(name);
      return inner.namespace(name);
    },
    async flush() {
      if (broken) throw new Error("the disk is full");
    },
    settle: async () => !broken,
    snapshot: () =>
      snapshotMemory(
        new Map(
          Array.from(names, (name) => [
            name,
            new Map(JSON.parse(JSON.stringify([...inner.namespace(name).entries()])) as [string, unknown][]),
          ]),
        ),
      ),
    breakDown() {
      broken = true;
    },
    repair() {
      broken = false;
    },
  };
}
