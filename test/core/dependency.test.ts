import { describe, expect, it } from "vitest";
import { type Dependency, downDependency } from "../../src/core/dependency.ts";

const UP = false;
const DOWN = true;
const UNKNOWN = undefined;

type World = Readonly<Record<string, readonly [isDown: boolean | undefined, dependsOn?: readonly string[]]>>;

const dependency = (name: string): Dependency => ({ kind: "target", name });

/** Returns the name of the dependency that blocks something that depends on `names`. */
const blocker = (world: World, names: readonly string[]): string | undefined =>
  downDependency(names.map(dependency), {
    isDown: ({ name }) => world[name]?.[0],
    dependsOn: ({ name }) => (world[name]?.[1] ?? []).map(dependency),
  })?.name;

describe("downDependency", () => {
  it.each<{ readonly name: string; readonly world: World; readonly blockedBy: string | undefined }>([
    { name: "one that works", world: { gateway: [UP] }, blockedBy: undefined },
    { name: "one that is down", world: { gateway: [DOWN] }, blockedBy: "gateway" },
    { name: "an unknown one, which hides nothing", world: { gateway: [UNKNOWN] }, blockedBy: undefined },
    { name: "one of another shard", world: {}, blockedBy: undefined },
    {
      name: "a chain that is down, whose end is to be repaired",
      world: { gateway: [DOWN, ["isp"]], isp: [DOWN, ["power"]], power: [DOWN] },
      blockedBy: "power",
    },
    {
      name: "a chain of which only the near end is down",
      world: { gateway: [DOWN, ["isp"]], isp: [UP, ["power"]], power: [DOWN] },
      blockedBy: "gateway",
    },
    {
      name: "a chain whose near end works",
      world: { gateway: [UP, ["isp"]], isp: [DOWN] },
      blockedBy: undefined,
    },
    {
      name: "an unknown one behind which something is down",
      world: { gateway: [UNKNOWN, ["isp"]], isp: [DOWN] },
      blockedBy: "isp",
    },
  ])("is, of $name: $blockedBy", ({ world, blockedBy }) => {
    expect(blocker(world, ["gateway"])).toBe(blockedBy);
  });

  it("is the first of several that is down", () => {
    expect(blocker({ a: [UP], b: [UNKNOWN], c: [DOWN], d: [DOWN] }, ["a", "b", "c", "d"])).toBe("c");
  });

  it("walks each of many paths to the same dependency once", () => {
    const layers = 60;
    const world = Object.fromEntries(
      Array.from({ length: layers }, (_, i) => {
        const next = [`left${i + 1}`, `right${i + 1}`];
        return [
          [`left${i}`, [UNKNOWN, next]],
          [`right${i}`, [UNKNOWN, next]],
        ] as const;
      }).flat(),
    );
    expect(blocker(world, ["left0", "right0"])).toBeUndefined();
  });
});
