import { beforeAll, describe, expect, test } from "vitest";
import { allCases, cases } from "./cases/index.ts";
import { viaEnvironment } from "./cases/proxies.ts";
import { type Exporters, startExporters } from "./exporters.ts";

let exporters: Exporters;
beforeAll(async () => {
  exporters = await startExporters(allCases, viaEnvironment);
  return () => exporters[Symbol.asyncDispose]();
});

describe.concurrent.each(Object.entries(cases))("%s", (_, group) => {
  test.each(group.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    const { verdict, lines } = await exporters.compare(each);
    const wanted = Object.values(each.differs ?? {}).flat();
    expect([verdict, ...lines.toSorted()]).toEqual([each.verdict, ...wanted.toSorted()]);
  });
});

test("a failed probe is not an error in the log of the exporter", async () => {
  const failing = allCases.filter(({ verdict }) => verdict === "failure").slice(0, 3);
  for (const each of failing) await exporters.compare(each);
  expect(exporters.log()).toContain("level=info");
  expect(exporters.log()).not.toMatch(/level=(error|fatal)/);
});
