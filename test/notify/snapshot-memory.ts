import { createMemory, type Memory } from "../../src/core/memory.ts";

/** A memory of which a copy can be taken at any moment: what a store would hold if the process ended there. */
export interface SnapshotMemory extends Memory {
  snapshot(): SnapshotMemory;
  /** From now on nothing can be stored. */
  breakDown(): void;
  repair(): void;
}

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
