import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Document, isMap, isScalar } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { visible } from "../../core/escape.ts";
import type { ImportResult } from "./names.ts";
import { createNames } from "./names.ts";

/** A file of Prometheus' file service discovery. */
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

/** Labels that the exporter gives itself. */
const OWN_LABELS = new Set(["target", "module", "critical", "kind", "instance", "job"]);

/**
 * A blackbox.yml, which is a configuration of ours already: what we cannot probe is left out, and targets are added.
 * Comments stay.
 * @param kinds of the probers that there are
 * @param groups the targets; those that name no module get `fallback`
 */
export function importBlackbox(
  document: Document,
  kinds: readonly string[],
  groups: TargetGroups,
  fallback: string,
): ImportResult {
  const notes: string[] = [];
  const modules = document.get("modules");
  if (!isMap(modules)) return { document, notes };
  const left = new Set<string>();
  const unknown = modules.items.flatMap(({ key, value }): readonly (readonly [string, string])[] => {
    const prober = isMap(value) ? value.get("prober") : undefined;
    if (!isScalar(key) || typeof prober !== "string" || kinds.includes(prober)) return [];
    return [[String(key.value), prober]];
  });
  for (const [name, prober] of unknown) {
    modules.delete(name);
    left.add(name);
    notes.push(`module ${visible(name)} is not carried over: there is no prober ${visible(prober)}`);
  }
  const targets = targetsOf(groups, fallback, left, notes);
  if (targets.length > 0) document.set("targets", document.createNode(targets));
  return { document, notes };
}

function targetsOf(
  groups: TargetGroups,
  fallback: string,
  left: ReadonlySet<string>,
  notes: string[],
): readonly object[] {
  const nameOf = createNames();
  const dropped = new Set<string>();
  const targets = groups.flatMap(({ targets, labels = {} }) => {
    const module = labels["__param_module"] ?? labels["module"] ?? fallback;
    const kept = Object.entries(labels).filter(([name]) => !name.startsWith("__") && !OWN_LABELS.has(name));
    for (const name of Object.keys(labels))
      if (name !== "__param_module" && !kept.some(([own]) => own === name)) dropped.add(name);
    return targets.flatMap((target) => {
      const name = nameOf(target);
      if (left.has(module)) {
        notes.push(`target ${name} is not carried over: its module ${visible(module)} is not`);
        return [];
      }
      const own =
        kept.length === 0
          ? {}
          : { labels: Object.fromEntries(kept.map(([key, value]) => [key, escapeReferences(value)])) };
      return { name, module, target: escapeReferences(target), ...own };
    });
  });
  for (const name of dropped)
    notes.push(`label ${visible(name)} of targets is not carried over: the exporter or Prometheus sets it`);
  return targets;
}
