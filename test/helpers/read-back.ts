import { createMemory, type StateStore } from "../../src/core/memory.ts";

/** A shelf with what a restart finds on `shelf`: what JSON makes of it. */
export function readBack(shelf: StateStore): StateStore {
  const next = createMemory().namespace("read back");
  for (const [key, value] of shelf.entries()) next.put(key, JSON.parse(JSON.stringify(value)));
  return next;
}
