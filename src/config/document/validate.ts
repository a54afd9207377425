import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { Formats } from "./formats.ts";
import { reachable, type Schema, type SchemaObject, typeOf } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import { pathOf, problemOf } from "./schema-errors.ts";
import type { Path } from "./tree.ts";
import { bestBranch, wrongDiscriminator } from "./union.ts";

/** Checks values against JSON Schemas (2020-12). */
export interface Validator {
  /**
   * Returns every problem of `value`; paths start at `value`.
   * @throws Error if the schema uses an unknown keyword or format
   */
  check(schema: object, value: unknown): readonly UnplacedProblem[];
}

/** Creates a validator that compiles each schema once, on first use. */
export function createValidator(formats: Formats): Validator {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    // Compiling the meta-schema would take longer than everything else, and `strict` finds mistakes already.
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    // Schemas run once per load, so the time to compile them matters more than the time to run them.
    code: { optimize: false },
  });
  // Of the conversion, which comes before.
  ajv.addKeyword("groupsOf");
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, { type: "string", validate });
  const compiled = new WeakMap<object, ValidateFunction>();
  const validatorOf = (schema: object): ValidateFunction => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const fresh = ajv.compile(schema);
    compiled.set(schema, fresh);
    return fresh;
  };
  const errorsOf = (schema: object, value: unknown): readonly ErrorObject[] => {
    const validate = validatorOf(schema);
    return validate(value) ? [] : [...(validate.errors ?? [])];
  };
  const check = (schema: SchemaObject, value: unknown): readonly UnplacedProblem[] =>
    problemsOf(errorsOf(schema, value), value, schema, check);
  return { check };
}

/** Checks part of the value against one branch of a union. */
type CheckBranch = (branch: SchemaObject, part: unknown) => readonly UnplacedProblem[];

/**
 * Translates the errors, each once. For a union ajv reports the errors of every branch; these are replaced by the problems
 * of the branch that was probably meant, or by one problem that names all branches.
 */
function problemsOf(
  errors: readonly ErrorObject[],
  value: unknown,
  root: SchemaObject,
  checkBranch: CheckBranch,
): readonly UnplacedProblem[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  const covered = unions.map((union) => ({ union, reached: reachable(branchesOf(union), root) }));
  const own = errors.filter(
    (error) =>
      !covered.some(
        ({ union, reached }) =>
          union !== error &&
          error.instancePath.startsWith(union.instancePath) &&
          error.parentSchema !== undefined &&
          reached.has(error.parentSchema),
      ),
  );
  return own.flatMap((error) => {
    const branches = unions.includes(error) ? branchesOf(error) : [];
    const problem = problemOf(error, value, root);
    if (branches.length === 0 || isScalar(error.data)) return problem ?? [];
    const path = pathOf(error.instancePath, value);
    const wrong = wrongDiscriminator(branches, root, error.data);
    if (wrong !== undefined) return below(path, wrong);
    const best = bestBranch(branches, root, (branch) => checkBranch(branch, error.data));
    if (best === undefined) return problem ?? [];
    return best.map((inner) => below(path, inner));
  });
}

/** Moves a problem of the value at `path` to where that value is. */
export const below = (path: Path, problem: UnplacedProblem): UnplacedProblem => ({
  ...problem,
  path: [...path, ...problem.path],
});

const branchesOf = (union: ErrorObject): readonly Schema[] =>
  Array.isArray(union.schema) ? union.schema : [];

const isScalar = (value: unknown): boolean => !["object", "array"].includes(typeOf(value));
