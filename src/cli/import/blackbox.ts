import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { isMap, isScalar } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { visible } from "../../core/escape.ts";
import type { Notes } from "./fields.ts";
import { createNames, type Import, type ImportResult } from "./names.ts";

/** The schema of a Prometheus file service discovery file. */
export const targetsSchema = {
  type: "array",
  items: {
    type: "object",
    required: ["targets"],
    properties: {
      targets: { type: "array", items: { type: "string", minLength: 1 } },
      labels: { type: "object", additionalProperties: { type: "string" } },
    },
    additionalProperties: false,
  },
} as const satisfies JSONSchema;

type TargetGroups = FromSchema<typeof targetsSchema>;

/** Labels that the exporter or Prometheus sets. */
const OWN_LABELS = new Set(["target", "module", "critical", "kind", "instance", "job"]);

/**
 * Converts a blackbox.yml, whose document changes: removes the modules whose prober is not supported and adds targets. Comments are kept.
 * @param kinds the supported probers
 * @param groups the targets
 * @param defaultModule module of targets whose labels name none
 */
export function importBlackbox(
  { source, notes }: Pick<Import, "source" | "notes">,
  kinds: readonly string[],
  groups: TargetGroups,
  defaultModule: string,
): ImportResult {
  const { document } = source;
  const modules = document.get("modules");
  if (!isMap(modules)) return { document };
  const omitted = new Set<string>();
  const unsupported = modules.items.flatMap(({ key, value }): readonly (readonly [string, string])[] => {
    const prober = isMap(value) ? value.get("prober") : undefined;
    if (!isScalar(key) || typeof prober !== "string" || kinds.includes(prober)) return [];
    return [[String(key.value), prober]];
  });
  for (const [name, prober] of unsupported) {
    notes.add(
      ["modules", name],
      `module ${visible(name)} is not imported: prober ${visible(prober)} is not supported`,
    );
    modules.delete(name);
    omitted.add(name);
  }
  const targets = targetsOf(groups, defaultModule, omitted, notes);
  if (targets.length > 0) document.set("targets", document.createNode(targets));
  return { document };
}

function targetsOf(
  groups: TargetGroups,
  defaultModule: string,
  omitted: ReadonlySet<string>,
  notes: Notes,
): readonly object[] {
  const nameOf = createNames();
  const dropped = new Set<string>();
  const targets = groups.flatMap(({ targets, labels = {} }) => {
    const module = labels["__param_module"] ?? labels["module"] ?? defaultModule;
    const userLabels = Object.entries(labels).filter(
      ([name]) => !name.startsWith("__") && !OWN_LABELS.has(name),
    );
    for (const name of Object.keys(labels))
      if (name !== "__param_module" && !userLabels.some(([own]) => own === name)) dropped.add(name);
    return targets.flatMap((target) => {
      const name = nameOf(target);
      if (omitted.has(module)) {
        notes.general(`target ${name} is not imported: its module ${visible(module)} was not imported`);
        return [];
      }
      const own =
        userLabels.length === 0
          ? {}
          : { labels: Object.fromEntries(userLabels.map(([key, value]) => [key, escapeReferences(value)])) };
      return { name, module, target: escapeReferences(target), ...own };
    });
  });
  for (const name of dropped)
    notes.general(`label ${visible(name)} of targets is not imported: the exporter or Prometheus sets it`);
  return targets;
}
