import { alternatives, describeValue, requiredKeys } from "./describe.ts";
import { expand, type Schema, type SchemaObject, scoped } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import { childOf } from "./tree.ts";

/**
 * Returns the problems of the branch that a map or list was probably meant for: the branch with the fewest problems,
 * where a wrong type or a wrong fixed value at the top rules the branch out.
 * @returns `undefined` if no single branch stands out, or if several accept the value
 */
export function bestBranch(
  branches: readonly Schema[],
  root: SchemaObject,
  check: (branch: SchemaObject) => readonly UnplacedProblem[],
): readonly UnplacedProblem[] | undefined {
  const ranked = branches
    .flatMap((branch) => {
      if (typeof branch !== "object") return [];
      const problems = check(withDefinitions(branch, root));
      return [{ problems, weight: weigh(problems, branch, root) }];
    })
    .toSorted((a, b) => a.weight - b.weight);
  const [first, second] = ranked;
  if (first === undefined || first.problems.length === 0 || first.weight >= RULED_OUT) return undefined;
  return second !== undefined && second.weight === first.weight ? undefined : first.problems;
}

/**
 * Returns the problem of a map whose branches are told apart by a key with one fixed value each (`type: basic`), if the
 * map has none of these values there.
 */
export function wrongDiscriminator(
  branches: readonly Schema[],
  root: SchemaObject,
  value: unknown,
): UnplacedProblem | undefined {
  const fixed = branches.map((branch) => fixedValues(branch, root));
  for (const key of fixed[0]?.keys() ?? []) {
    const allowed = fixed.map((values) => values.get(key));
    if (allowed.includes(undefined)) continue;
    const found = childOf(value, key);
    if (allowed.includes(found)) return undefined;
    const want = alternatives(allowed.map(describeValue));
    return { path: [key], want, ...(found === undefined ? { got: "nothing" } : {}) };
  }
  return undefined;
}

function fixedValues(branch: Schema, root: SchemaObject): ReadonlyMap<string, unknown> {
  const start = scoped(branch, root);
  const properties = (start === undefined ? [] : expand(start)).flatMap(({ schema }) =>
    Object.entries(schema.properties ?? {}),
  );
  return new Map(
    properties.flatMap(([key, property]) => {
      if (typeof property !== "object") return [];
      const value = property.const ?? (property.enum?.length === 1 ? property.enum[0] : undefined);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** Weight of a branch that was certainly not meant. */
const RULED_OUT = 100;

function weigh(problems: readonly UnplacedProblem[], branch: SchemaObject, root: SchemaObject): number {
  const required = new Set(requiredKeys(branch, root));
  return problems.reduce((sum, { path, got, aboutKey = false }) => {
    const [first] = path;
    if (first === undefined) return sum + RULED_OUT;
    const fixed = path.length === 1 && fixedValues(branch, root).has(String(first));
    const missing = got === "nothing" && path.length === 1 && required.has(String(first));
    return sum + (fixed ? 20 : 0) + (missing ? 3 : 0) + (aboutKey && path.length === 1 ? 2 : 0) + 1;
  }, 0);
}

/** Returns the branch as a root schema in which references to the old root's definitions still resolve. */
function withDefinitions(branch: SchemaObject, root: SchemaObject): SchemaObject {
  const { $defs = {}, definitions = {} } = root;
  return {
    ...branch,
    ...(Object.keys($defs).length > 0 ? { $defs: { ...$defs, ...branch.$defs } } : {}),
    ...(Object.keys(definitions).length > 0
      ? { definitions: { ...definitions, ...branch.definitions } }
      : {}),
  };
}
