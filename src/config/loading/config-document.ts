import { convert, type Environment, type Findings, newFindings } from "../document/convert.ts";
import { FORMATS, type Formats } from "../document/formats.ts";
import { convertWithVariables, emptyFileError, openDocument } from "../document/open.ts";
import { createProblems, type Problems } from "../document/problems.ts";
import { redactedYaml } from "../document/redact.ts";
import type { Remark } from "../document/remarks.ts";
import { childOf, isMapValue, itemsOf, lookup, type Node } from "../document/tree.ts";
import { below, createValidator, type Validator } from "../document/validate.ts";
import { environmentTree } from "../env/env.ts";
import { variableAt } from "../env/variables.ts";
import { configSchema } from "../schema.ts";
import { modulesSchemaFor, withKnownKinds } from "../sections/modules.ts";
import { pluginsSchema } from "../sections/plugins.ts";
import { inVariables } from "../setting-name.ts";
import type { CheckedConfig, ProberSchema } from "./checked-config.ts";

/** A configuration as written. The methods are called in the order of this interface. */
export interface ConfigDocument {
  /** Returns the files under `plugins`, whose probers `check` needs. Their problems are reported later. */
  plugins(): readonly string[];
  /** Converts the document, with its variables substituted, and checks it against the schemas. */
  check(probers: readonly ProberSchema[]): CheckedConfig;
  /**
   * Places all problems and warnings.
   * @param remarks those of the sections
   * @param hints may explain the problems
   * @returns the warnings, each with its place
   * @throws ConfigError if there is any problem
   */
  conclude(remarks: readonly Remark[], hints: readonly string[]): readonly string[];
}

/** The text of a configuration, and the environment that it refers to. */
export interface ConfigText {
  readonly text: string;
  /** Shown in problems: usually the path of the file. */
  readonly name: string;
  readonly env: Environment;
}

/**
 * Parses the text of a configuration.
 * @param formats those of the probers
 * @throws ConfigError if the syntax is broken, or the text is empty
 */
export function parseConfig({ text, name, env }: ConfigText, formats: Formats): ConfigDocument {
  const { root, findings, problems } = openDocument(text, name);
  if (root === undefined) {
    const example = "modules: { http_2xx: { prober: http } }";
    throw emptyFileError(name, `modules, heartbeats or another section, for example: ${example}`);
  }
  return createDocument({ root, findings, problems, env }, formats);
}

/**
 * Describes by environment variables alone one LLM target, and a module for `/probe`.
 * @param kinds the kinds of all probers
 */
export function environmentConfig(
  env: Environment,
  kinds: readonly string[],
  formats: Formats,
): ConfigDocument {
  const { root, problems: mistakes, warnings } = environmentTree(env, kinds);
  const findings = newFindings();
  const placed = createProblems("environment", root, findings, variableAt);
  const problems: Problems = {
    ...placed,
    add: (problem) => placed.add({ ...problem, want: inVariables(problem.want, problem.path) }),
    warn: (path, text) => placed.warn(path, inVariables(text, path)),
  };
  for (const { variable, path = [], got, want } of mistakes) problems.addAt({ variable }, path, got, want);
  for (const { path, text } of warnings) problems.warn(path, text);
  return createDocument({ root, findings, problems, env }, formats);
}

/**
 * Returns a configuration as YAML that is safe to show.
 * @throws ConfigError if the syntax is broken
 */
export function redactedConfig(config: ConfigText, probers: readonly ProberSchema[]): string {
  const { root } = openDocument(config.text, config.name);
  return root === undefined ? "" : redacted(root, probers);
}

/** Returns the configuration that the environment describes as YAML that is safe to show. */
export function redactedEnvironment(env: Environment, probers: readonly ProberSchema[]): string {
  const kinds = probers.map(({ kind }) => kind);
  return redacted(environmentTree(env, kinds).root, probers);
}

function redacted(root: Node, probers: readonly ProberSchema[]): string {
  const findings = newFindings();
  convert(root, schemaFor(root, probers), { findings });
  return redactedYaml(root, findings.secrets);
}

/** A configuration as a tree, from a file or from the environment. */
interface ConfigTree {
  readonly root: Node;
  readonly findings: Findings;
  readonly problems: Problems;
  readonly env: Environment;
}

function createDocument({ root, findings, problems, env }: ConfigTree, formats: Formats): ConfigDocument {
  return {
    plugins() {
      const node = lookup(root, ["plugins"])?.node;
      const substitution = { env, unset: () => {} };
      const value = node && convert(node, pluginsSchema, { findings: newFindings(), substitution });
      return itemsOf(value).filter((file) => typeof file === "string" && file !== "") as readonly string[];
    },
    check(probers) {
      const validator = validatorFor(formats);
      const schema = schemaFor(root, probers);
      const raw = convertWithVariables(root, schema, env, { findings, problems }, "modules");
      for (const problem of validator.check(schemaOfSections(raw), raw))
        problems.add(withKnownKinds(problem, probers));
      for (const { path, options, schema } of optionsOfModules(raw, probers)) {
        for (const problem of validator.check(schema, options)) problems.add(below(path, problem));
      }
      return {
        raw,
        leftEmpty: findings.leftEmpty,
        variables: findings.variables,
        moduleSources: moduleSources(root, findings.secrets),
        broken: problems.paths(),
      };
    },
    conclude(remarks, hints) {
      for (const remark of remarks) {
        if (remark.kind === "problem") problems.add(remark.problem);
        else if (remark.kind === "warning") problems.warn(remark.path, remark.text);
        else problems.addAt({ variable: remark.variable }, [], remark.got, remark.want);
      }
      problems.throwIfAny(hints);
      return problems.warnings();
    },
  };
}

/** Returns the schema of one document: that of the configuration, with the options of each module's prober. */
const schemaFor = (root: Node, probers: readonly ProberSchema[]) => ({
  ...configSchema,
  properties: { ...configSchema.properties, modules: modulesSchemaFor(root, probers) },
});

/** The schemas that `schemaOfSections` has returned, by the sections in use. */
const schemasInUse = new Map<string, object>();

/** Returns the schema without the content of the sections that `raw` lacks: to compile all of it takes a tenth of the start. */
function schemaOfSections(raw: unknown): object {
  const sections = Object.entries(configSchema.properties).map(([section, schema]) => ({
    section,
    schema: childOf(raw, section) === undefined ? true : schema,
  }));
  const key = sections.flatMap(({ section, schema }) => (schema === true ? [] : [section])).join(" ");
  const properties = Object.fromEntries(sections.map(({ section, schema }) => [section, schema]));
  const schema = schemasInUse.get(key) ?? { ...configSchema, properties };
  schemasInUse.set(key, schema);
  return schema;
}

/** Returns the options of each module, those of its prober and of others, with their schema and path. */
function optionsOfModules(raw: unknown, probers: readonly ProberSchema[]) {
  const modules = childOf(raw, "modules");
  return Object.entries(isMapValue(modules) ? modules : {}).flatMap(([name, module]) => {
    const own = childOf(module, "prober");
    return probers.flatMap(({ kind, schema }) => {
      const options = childOf(module, kind) ?? (kind === own ? {} : undefined);
      return options === undefined ? [] : [{ path: ["modules", name, kind], options, schema }];
    });
  });
}

function moduleSources(root: Node, secrets: ReadonlySet<Node>): ReadonlyMap<string, string> {
  const modules = lookup(root, ["modules"])?.node;
  const entries = modules?.kind === "map" ? [...modules.entries] : [];
  return new Map(entries.map(([name, { value }]) => [name, redactedYaml(value, secrets)]));
}

const validators = new WeakMap<Formats, Validator>();

/** Returns one validator per `formats`, because compiling schemas takes most of the time of a small configuration. */
function validatorFor(formats: Formats): Validator {
  const known = validators.get(formats);
  if (known !== undefined) return known;
  const validator = createValidator({ ...FORMATS, ...formats });
  validators.set(formats, validator);
  return validator;
}

/** Returns why a prober's schema cannot be used, for example because of an unknown keyword or format. */
export function schemaProblem(schema: object, formats: Formats): string | undefined {
  try {
    // A copy, as a worker gets one: a function in a schema cannot be copied.
    validatorFor(formats).check(structuredClone(schema), {});
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
