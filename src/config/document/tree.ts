/**
 * The configuration as written, before its types are known: scalars, lists and maps, each with its place. YAML files and
 * the environment both become such a tree, so that every later step exists once.
 */
export type Node = ScalarNode | ListNode | MapNode;

/** A point of the file (line and column, both from 1) or the name of an environment variable. */
export type Place = { readonly line: number; readonly column: number } | { readonly variable: string };

/** `plain` scalars become numbers and booleans where the schema wants one; `quoted` and `block` scalars stay text. */
export type ScalarStyle = "plain" | "quoted" | "block";

/** A text, number, boolean or null, still as text. */
export interface ScalarNode {
  readonly kind: "scalar";
  /** The text with escapes and folding resolved, and `${NAME}` not yet substituted. */
  readonly text: string;
  readonly style: ScalarStyle;
  readonly place: Place;
}

/** A list. */
export interface ListNode {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly place: Place;
}

/** A map. */
export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}

/** One key of a map with its value; `place` is that of the key. */
export interface Entry {
  readonly place: Place;
  readonly value: Node;
}

/** The steps from the root to a value: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

/** Returns true if a value was left empty (`key:`) or written as one of YAML's words for null. */
export const isNothing = (node: Node): boolean =>
  node.kind === "scalar" && node.style === "plain" && /^(?:|~|null|Null|NULL)$/.test(node.text);

/** Returns the node at `path`, and the place of its key if it has one. */
export function lookup(root: Node, path: Path): { readonly node: Node; readonly key?: Place } | undefined {
  let found: { node: Node; key?: Place } = { node: root };
  for (const step of path) {
    const { node } = found;
    if (node.kind === "map") {
      const entry = node.entries.get(String(step));
      if (entry === undefined) return undefined;
      found = { node: entry.value, key: entry.place };
    } else {
      const item = node.kind === "list" ? node.items[Number(step)] : undefined;
      if (item === undefined) return undefined;
      found = { node: item };
    }
  }
  return found;
}

/** Formats a path: `modules.chat.timeout`, `targets[0].name`, `modules["a.b"]`. */
export const pathText = (path: Path): string =>
  path
    .map((step) => {
      if (typeof step === "number") return `[${step}]`;
      return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join("")
    .replace(/^\./, "");

/** Returns `value[step]` of a converted value, or `undefined` if it has no such item or key of its own. */
export function childOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, String(step))?.value;
}

/** Returns the items of a converted list; none if `value` is not a list. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns true if a converted value is a map. */
export const isMapValue = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
