import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mutateCode } from "../../scripts/mutants/code.ts";
import { apply, describe as describeMutant } from "../../scripts/mutants/mutant.ts";
import { inTurns, shuffled } from "../../scripts/mutants/order.ts";
import { PLACES } from "../../scripts/mutants/places.ts";
import { mutateRules } from "../../scripts/mutants/rules.ts";

const changesOf = (text: string): readonly string[] => mutateCode("a.ts", text).map(describeMutant);

describe("faults of code", () => {
  test.each([
    ["a condition", "if (a) throw b;", ["a -> true", "a -> false"]],
    ["a boundary", "let x = a < b;", ["< -> <="]],
    ["an operand", "let x = a && !b;", ["a && !b -> a", "a && !b -> !b", "!b -> b"]],
    ["a default", "let x = a ?? b;", ["a ?? b -> a"]],
    ["a call", "clear(timer);", ["clear(timer); -> ;"]],
    ["a number", "let x = 0 + y(60, true);", ["+ -> -", "0 -> 1", "60 -> 120", "true -> false"]],
    ["a text, which is not added up", "let x = `${a}` + b;", []],
    ["a method", "let x = a.filter(b).some(c);", ["some -> every", "a.filter(b) -> a"]],
    ["a returned list", "function f(): number[] { return [1]; }", ["[1] -> []", "1 -> 2"]],
    ["a type", "type A = 1 | 2; let x: 1 = y as 2;", []],
  ])("are made for %s", (_name, text, changes) => {
    expect(changesOf(text)).toEqual(changes);
  });

  test("are put where they belong, and nothing else changes", () => {
    const text = "const é = 1;\nif (a <= b) stop(é);\n";
    const boundary = mutateCode("a.ts", text).find(({ from }) => from === "<=");
    if (boundary === undefined) throw new Error("no boundary");
    expect(boundary).toMatchObject({ file: "a.ts", line: 2 });
    expect(apply(text, boundary)).toBe("const é = 1;\nif (a < b) stop(é);\n");
  });

  test("are not made of code that cannot be parsed", () => {
    expect(() => mutateCode("a.ts", "if (")).toThrow("a.ts: ");
  });
});

test("faults of rules are made for comparisons, thresholds, durations, operands and labels", () => {
  const text = `groups:
  - name: g
    rules:
      - alert: A
        # A comment.
        expr: |
          max by (job, target) (rate(up{job="a", env="b"}[5m])) > 0.9 unless on (job) b == 0
        for: 1h30m
`;
  expect(mutateRules("a.yml", text).map(describeMutant)).toEqual([
    expect.stringMatching(/^max by .* -> max by .*> 0\.9$/),
    "max -> min",
    "job, -> (removed)",
    ", target -> (removed)",
    'job="a", -> (removed)',
    ', env="b" -> (removed)',
    "5m -> 450s",
    "> -> >=",
    "0.9 -> 1.35",
    "job -> (removed)",
    "== -> !=",
    "0 -> 1",
    "1h30m -> 8100s",
  ]);
});

test("the order depends on the seed alone, and takes each place in turn", () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  expect(shuffled(items, 7)).toEqual(shuffled(items, 7));
  expect(shuffled(items, 8)).not.toEqual(shuffled(items, 7));
  expect(shuffled(items, 7).toSorted((a, b) => a - b)).toEqual(items);
  expect(inTurns([["a", "b", "c"], [], ["d"]])).toEqual(["a", "d", "b", "c"]);
});

test.each(PLACES)("the place $name has files, and faults for each", ({ files, tests }) => {
  const found = files.flatMap((pattern) => globSync(pattern));
  expect(found.length).toBeGreaterThanOrEqual(files.length);
  for (const file of found) {
    const text = readFileSync(file, "utf8");
    const mutants = file.endsWith(".yml") ? mutateRules(file, text) : mutateCode(file, text);
    expect(mutants).not.toEqual([]);
    for (const mutant of mutants) expect(text.slice(mutant.start, mutant.end)).toBe(mutant.from);
  }
  for (const path of tests) expect(globSync(path)).toEqual([path]);
});
