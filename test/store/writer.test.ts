import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import type { PastResult } from "../../src/core/history.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import type { Batch } from "../../src/store/protocol.ts";
import { createWriter } from "../../src/store/writer.ts";
import { BOUNDS } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const resultAt = (at: number, target: string): PastResult => ({
  target,
  module: "web",
  startedAt: timestamp(1e9 + at),
  duration: seconds(1),
  reason: "timeout",
});

const batchOf = (more: Partial<Batch>): Batch => ({
  values: [],
  results: [],
  events: [],
  alive: 1e12,
  isComplete: false,
  ...more,
});

it("a batch that cannot be written whole is not written at all, and can be written again", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "s.db");
  const writer = createWriter(path);
  writer.open({ bounds: BOUNDS, mode: "load" });
  writer.write(batchOf({ values: [["a", "x", "1"]], results: [resultAt(1, "one")] }));
  // The last statement of the transaction fails.
  const other = new DatabaseSync(path);
  other.exec("create trigger broken before update on alive begin select raise(abort, 'broken'); end");
  const batch = batchOf({
    values: [
      ["a", "x", "2"],
      ["a", "y", "3"],
    ],
    results: [resultAt(2, "two"), resultAt(3, "two")],
  });
  for (let tries = 0; tries < 3; tries += 1) expect(() => writer.write(batch)).toThrow("broken");
  const rows = (sql: string) =>
    other
      .prepare(sql)
      .all()
      .map((row) => Object.values(row).join(" "));
  const shown = () => ({
    values: rows("select key, value from shelves order by key"),
    targets: rows("select target from targets order by target"),
    results: rows("select target, started from results order by started").length,
  });
  expect(shown()).toEqual({ values: ["x 1"], targets: ["one"], results: 1 });
  // Another program is not kept from writing.
  other.exec("drop trigger broken");
  expect(writer.write(batch)).toMatchObject({ results: 3 });
  expect(shown()).toEqual({ values: ["x 2", "y 3"], targets: ["one", "two"], results: 3 });
  // The results belong to their target, whose number was given out in the transaction that was undone.
  expect(
    rows("select distinct t.target from results r join targets t on t.id = r.target order by 1"),
  ).toEqual(["one", "two"]);
  other.close();
  writer.close();
});
