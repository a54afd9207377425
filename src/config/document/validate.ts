import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { reachable, type Schema, type SchemaObject, typeOf } from "./json-schema.ts";
import type { UnplacedProblem } from "./problems.ts";
import { complaintOf, pathOf } from "./schema-errors.ts";
import type { Path } from "./tree.ts";
import { bestBranch, wrongDiscriminator } from "./union.ts";

/** Says whether a text is of a format. */
export type Formats = Readonly<Record<string, (text: string) => boolean>>;

/** Holds values against schemas. */
export interface Validator {
  /** Everything that is wrong with `value`, as complaints whose paths start at it. */
  check(schema: object, value: unknown): readonly UnplacedProblem[];
}

/**
 * Schemas are compiled when they are first needed, and once. A prober whose schema uses an unknown keyword or format
 * has a bug, and `check` throws.
 */
export function createValidator(formats: Formats): Validator {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    // Compiling the meta schema would take longer than everything else, to say nothing new.
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    // Schemas run once per load: the time goes into compiling them.
    code: { optimize: false },
  });
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
    word(errorsOf(schema, value), value, schema, (branch, part) => check(branch, part));
  return { check };
}

/** Checks a part of the value against one branch of a union. */
type CheckBranch = (branch: SchemaObject, part: unknown) => readonly UnplacedProblem[];

/**
 * Words the errors, each once. Of a union ajv reports what every branch dislikes; here that gives way to the
 * complaints of the branch that was probably meant, or to one sentence naming all of them.
 */
function word(
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
    const complaint = complaintOf(error, value, root);
    if (branches.length === 0 || isScalar(error.data)) return complaint ?? [];
    const path = pathOf(error.instancePath, value);
    const wrong = wrongDiscriminator(branches, root, error.data);
    if (wrong !== undefined) return below(path, wrong);
    const best = bestBranch(branches, root, (branch) => checkBranch(branch, error.data));
    if (best === undefined) return complaint ?? [];
    return best.map((inner) => below(path, inner));
  });
}

/** A complaint about a part of the value at `path`. */
export const below = (path: Path, complaint: UnplacedProblem): UnplacedProblem => ({
  ...complaint,
  path: [...path, ...complaint.path],
});

const branchesOf = (union: ErrorObject): readonly Schema[] =>
  Array.isArray(union.schema) ? union.schema : [];

const isScalar = (value: unknown): boolean => !["object", "array"].includes(typeOf(value));
