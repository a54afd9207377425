import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { allMetrics } from "../../src/catalogue/index.ts";
import { namesOf } from "../../src/core/metric.ts";
import { probers } from "../../src/probers/index.ts";
import { cases } from "./cases/index.ts";
import { loading } from "./cases/loading.ts";
import { tcpCases } from "./cases/tcp/index.ts";
import { unixCases } from "./cases/unix.ts";
import { OURS_ALONE } from "./compare.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/blackbox-differences.md`, "utf8");

/** Every difference of the page: its anchor and its last column. */
const entries = [...page.matchAll(/^\| <a id="([a-z0-9-]+)">.*\| ([^|]*) \|$/gm)].map(
  ([line, id = "", shownBy = ""]) => ({
    id,
    line,
    shownBy,
  }),
);

/** The groups of cases that name each anchor. */
const named = new Map<string, Set<string>>();
const name = (id: string, group: string): void => {
  named.set(id, (named.get(id) ?? new Set<string>()).add(group));
};
for (const [group, list] of Object.entries(cases)) {
  for (const { differs = {} } of list) for (const id of Object.keys(differs)) name(id, group);
}
const ofKinds = { tcp: tcpCases, unix: unixCases };
for (const [kind, list] of Object.entries(ofKinds)) {
  for (const { differs = {} } of list) for (const id of Object.keys(differs)) name(id, kind);
}
for (const { differs } of loading) if (differs !== undefined) name(differs, "loading");

describe("docs/blackbox-differences.md", () => {
  test("has each anchor once", () => {
    const ids = entries.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids.length).toBe(page.split('<a id="').length - 1);
  });

  test("contains every difference that a case names", () => {
    const ids = new Set(entries.map(({ id }) => id));
    expect([...named.keys()].filter((id) => !ids.has(id))).toEqual([]);
  });

  test.each(entries.map(({ id, shownBy }) => [id, shownBy]))("%s is shown by %s", (id, shownBy) => {
    const file = /^`(.*)`$/.exec(shownBy)?.[1];
    if (file === undefined) expect(shownBy).toBe([...(named.get(id) ?? [])].toSorted().join(", "));
    else {
      expect(existsSync(root + file)).toBe(true);
      expect(named.has(id)).toBe(false);
    }
  });

  test("contains the series that are not compared, which are in the catalogue", () => {
    const line = entries.find(({ id }) => id === "further-series")?.line ?? "";
    const known = namesOf(allMetrics(probers));
    for (const series of Object.keys(OURS_ALONE)) {
      expect(line).toContain(series);
      expect(known.has(series)).toBe(true);
    }
  });
});

test("a case that differs lists its differences", () => {
  const silent = [...Object.values(cases).flat(), ...Object.values(ofKinds).flat()].filter(
    ({ differs = {} }) => Object.values(differs).some((lines) => lines.length === 0),
  );
  expect(silent.map((each) => each.name)).toEqual([]);
});

test("there are at least 500 cases, and 80 of --config.check", () => {
  expect(Object.values(cases).flat().length).toBeGreaterThanOrEqual(500);
  expect(loading.length).toBeGreaterThanOrEqual(80);
});
