import { createMemory, type StateStore } from "../../src/core/memory.ts";

/** Copies a namespace through JSON, as a restart reads it back from the store. */
export function readBack(state: StateStore): StateStore {
  const next = createMemory().namespace("read back");
  for (const [key, value] of state.entries()) next.put(key, JSON.parse(JSON.stringify(value)));
  return next;
}
