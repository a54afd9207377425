import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemory, type Memory } from "../../../src/core/memory.ts";
import { newLogState, newPosition, readLogState } from "../../../src/probers/heartbeat-log/log-state.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { beat, start } from "./support.ts";

const NAMESPACE = "prober/heartbeat_log/test";

/** Returns the memory as restored from a store. */
function afterRestart(memory: Memory, change: (value: unknown) => unknown = (value) => value): Memory {
  const restored = createMemory();
  for (const [key, value] of memory.namespace(NAMESPACE).entries())
    restored.namespace(NAMESPACE).put(key, JSON.parse(JSON.stringify(change(value))));
  return restored;
}

test("a stored state is plain JSON, from which the next probe continues", async () => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1) + beat(2).slice(0, 10));
  const memory = createMemory();
  const first = await start({ paths: [folder.path] }, { memory }).probe(file);
  const again = await start({ paths: [folder.path] }, { memory: afterRestart(memory) }).probe(file);
  expect(again.text).toBe(first.text);
});

test.each([
  ["null", () => null],
  ["a text", () => "text"],
  ["an incomplete state", (value: unknown) => ({ ...(value as object), counts: undefined })],
  ["invalid counts", (value: unknown) => ({ ...(value as object), counts: { lines: -1 } })],
  ["invalid positions", (value: unknown) => ({ ...(value as object), positions: [{ id: 3 }] })],
])("an unusable stored state is ignored: %s", async (_, change) => {
  await using folder = await temporaryFolder();
  const file = await folder.write("app.log", beat(1));
  const memory = createMemory();
  const first = await start({ paths: [folder.path] }, { memory }).probe(file);
  const again = await start({ paths: [folder.path] }, { memory: afterRestart(memory, change) }).probe(file);
  expect(again.text).toBe(first.text);
});

test("readLogState only accepts complete states", () => {
  const state = { ...newLogState(), positions: [newPosition("1:2", 3)] };
  expect(readLogState(state)).toBe(state);
  for (const name of Object.keys(state.counts)) {
    expect(readLogState({ ...state, counts: { ...state.counts, [name]: "1" } })).toBeUndefined();
  }
  for (const name of ["positions", "carry", "counts", "rotations", "sequence", "lookedAt"]) {
    expect(readLogState({ ...state, [name]: undefined })).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(readLogState(value)).toBeUndefined();
    }),
  );
});

test("at most 4000 states are stored, and the oldest are evicted", async () => {
  await using folder = await temporaryFolder();
  const memory = createMemory();
  const store = memory.namespace(NAMESPACE);
  for (let i = 0; i < 3999; i += 1) store.put(`/old/${i}.log`, { ...newLogState(), lookedAt: i });
  const { probe } = start({ paths: [folder.path] }, { memory });
  const names = (): string[] => [...store.entries()].map(([name]) => name);
  await probe(await folder.write("a.log", beat(1)));
  expect(names().length).toBe(4000);
  const last = await folder.write("b.log", beat(1));
  await probe(last);
  expect(names()).toEqual([
    ...Array.from({ length: 3599 }, (_, i) => `/old/${i + 400}.log`),
    `${folder.path}/a.log`,
    last,
  ]);
});
