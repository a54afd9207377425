import { defined } from "../../core/defined.ts";
import { convert, type Environment, type Findings, newFindings } from "./convert.ts";
import type { SchemaObject } from "./json-schema.ts";
import { ConfigError, createProblems, type Problems } from "./problems.ts";
import type { Node } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

/** A parsed file, with the collectors that the later steps share. */
export interface OpenDocument {
  /** `undefined` if the text is empty. */
  readonly root: Node | undefined;
  readonly findings: Findings;
  readonly problems: Problems;
}

/**
 * Parses a YAML text. Mistakes that leave a tree, such as duplicate keys, are added to its problems.
 * @param name shown in problems
 * @throws ConfigError if the syntax is broken
 */
export function openDocument(text: string, name: string): OpenDocument {
  const { root, problems: mistakes } = parseYaml(text);
  const findings = newFindings();
  const problems = createProblems(name, root, findings);
  for (const { place, path, got, want } of mistakes) problems.addAt(place, path, got, want);
  if (root === undefined) problems.throwIfAny();
  return { root, findings, problems };
}

/** Returns the error for a file without content. */
export const emptyFileError = (name: string, want: string): ConfigError =>
  new ConfigError([{ place: `${name}:1:1`, path: "", got: "an empty file", want }]);

/**
 * Converts a tree to the value that `schema` describes, with variables substituted; an unset variable is a problem.
 * @param lenientSection the section in whose lists empty items are dropped
 */
export function convertWithVariables(
  root: Node,
  schema: SchemaObject,
  env: Environment,
  { findings, problems }: Pick<OpenDocument, "findings" | "problems">,
  lenientSection?: string,
): unknown {
  return convert(root, schema, {
    findings,
    ...defined({ lenientSection }),
    substitution: {
      env,
      unset: (path, variable) =>
        problems.add({
          path,
          got: `\${${variable}}, which is not set`,
          want: `the environment variable ${variable}`,
        }),
    },
  });
}
