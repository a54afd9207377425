import type { JSONSchema } from "json-schema-to-ts";
import type { ConfigDeps } from "../config.ts";
import { convert, type Environment, noFindings } from "../document/convert.ts";
import { parseYaml } from "../document/yaml.ts";
import { type BuildContext, resolverFor } from "./modules.ts";

/** A file of a plugin, as it is named and where it is. */
export interface NamedFile {
  readonly name: string;
  readonly path: string;
}

/**
 * The files under `plugins` of a configuration, read before everything else because what they bring decides what else may
 * stand in it. What is wrong with the configuration is said later, when it is loaded.
 * @param path where the text is from: relative paths start at its folder
 */
export function pluginFilesOf(text: string, path: string, env: Environment): readonly NamedFile[] {
  const root = parseYaml(text, () => {});
  if (root === undefined) return [];
  const schema = { type: "object", properties: { plugins: pluginsSchema } };
  const value = convert(root, schema, { env, findings: noFindings(), unset: () => {} });
  const listed =
    typeof value === "object" && value !== null && "plugins" in value ? value.plugins : undefined;
  const resolvePath = resolverFor(path);
  return (Array.isArray(listed) ? (listed as readonly unknown[]) : [])
    .filter((name) => typeof name === "string")
    .filter((name) => name !== "")
    .map((name) => ({ name, path: resolvePath(name) }));
}

/**
 * Reports what became of the plugins.
 * @returns whether one of them is missing, so that nobody knows what it would have brought
 */
export function checkPlugins(
  listed: unknown,
  plugins: ConfigDeps["plugins"],
  { report, resolvePath }: BuildContext,
): boolean {
  let missing = false;
  const names = Array.isArray(listed) ? (listed as readonly unknown[]) : [];
  for (const [i, name] of names.entries()) {
    if (typeof name !== "string" || report.isBroken(["plugins", i])) continue;
    const finding = plugins?.get(resolvePath(name));
    const path = ["plugins", i];
    if (finding?.warning !== undefined) report.warn(path, finding.warning);
    const problem = finding === undefined ? NOT_LOADED : finding.problem;
    if (problem === undefined) continue;
    missing = true;
    report.problem({ path, ...problem });
  }
  return missing;
}

const NOT_LOADED = { got: "a plugin that was not loaded", want: "a configuration without plugins here" };

/** `plugins` of the configuration. */
export const pluginsSchema = {
  type: "array",
  items: { type: "string", minLength: 1 },
  uniqueItems: true,
  description:
    "Files of plugins, relative to the configuration: TypeScript (`.ts`, `.mts`) or JavaScript modules whose probers can be used like the exporter's own. They run with the exporter's rights.",
} as const satisfies JSONSchema;
