import type { JSONSchema } from "json-schema-to-ts";
import type { BuildContext } from "../context.ts";
import { childOf, itemsOf } from "../document/tree.ts";

/** The section `plugins`. */
export const pluginsSchema = {
  type: "array",
  items: { type: "string", minLength: 1 },
  uniqueItems: true,
  description:
    "Files of plugins, relative to the configuration: TypeScript (`.ts`, `.mts`) or JavaScript modules, whose probers are then available like the built-in ones. Plugins run with the exporter's permissions.",
} as const satisfies JSONSchema;

/** Results of loading plugins, by the absolute paths of their files. */
export type PluginFindings = ReadonlyMap<
  string,
  { readonly problem?: { readonly got: string; readonly want: string }; readonly warning?: string }
>;

/**
 * Reports the problems and warnings of the plugins.
 * @returns true if a plugin is missing, so that the kinds of its probers are unknown
 */
export function checkPlugins(plugins: PluginFindings | undefined, context: BuildContext): boolean {
  const { raw, problems, resolvePath } = context;
  let missing = false;
  for (const [i, name] of itemsOf(childOf(raw, "plugins")).entries()) {
    const path = ["plugins", i];
    if (typeof name !== "string" || problems.isBroken(path)) continue;
    const finding = plugins?.get(resolvePath(name));
    if (finding?.warning !== undefined) problems.warn(path, finding.warning);
    const problem = finding === undefined ? NOT_LOADED : finding.problem;
    if (problem === undefined) continue;
    missing = true;
    problems.add({ path, ...problem });
  }
  return missing;
}

/** The problem of a plugin in a configuration that is checked without loading plugins. */
const NOT_LOADED = { got: "a plugin that was not loaded", want: "no plugins in this configuration" };
