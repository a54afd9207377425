import { alternatives, describeValue, requiredKeys } from "./describe.ts";
import { expand, type Schema, type SchemaObject, scoped } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import { childOf } from "./schema-errors.ts";

/**
 * The complaints of the branch that a map or list was probably meant for: the one that dislikes the least, where a
 * wrong type or a wrong fixed value at the top speaks against a branch as a whole.
 * @returns `undefined` when no branch, or more than one, stands out, or when several fit at once
 */
export function bestBranch(
  branches: readonly Schema[],
  root: SchemaObject,
  check: (branch: SchemaObject) => readonly UnplacedProblem[],
): readonly UnplacedProblem[] | undefined {
  const ranked = branches
    .flatMap((branch) => {
      if (typeof branch !== "object") return [];
      const complaints = check(withDefinitions(branch, root));
      return [{ complaints, weight: weigh(complaints, branch, root) }];
    })
    .toSorted((a, b) => a.weight - b.weight);
  const [first, second] = ranked;
  if (first === undefined || first.complaints.length === 0 || first.weight >= WHOLE) return undefined;
  return second !== undefined && second.weight === first.weight ? undefined : first.complaints;
}

/**
 * What to say when the branches are told apart by a key with one value each (`type: basic`) and the map has none of
 * these values there.
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

const WHOLE = 100;

function weigh(complaints: readonly UnplacedProblem[], branch: SchemaObject, root: SchemaObject): number {
  const required = new Set(requiredKeys(branch, root));
  return complaints.reduce((sum, { path, got, aboutKey = false }) => {
    const [first] = path;
    if (first === undefined) return sum + WHOLE;
    const fixed = path.length === 1 && fixedValues(branch, root).has(String(first));
    const missing = got === "nothing" && path.length === 1 && required.has(String(first));
    return sum + (fixed ? 20 : 0) + (missing ? 3 : 0) + (aboutKey && path.length === 1 ? 2 : 0) + 1;
  }, 0);
}

/** The branch as a schema of its own, for which references to the root's definitions still lead somewhere. */
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
