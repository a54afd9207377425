/**
 * The configuration as it was written, before anybody knows what it means: texts, lists and maps, each with its place.
 * A YAML file and the environment both become such a tree, so that everything behind it exists once.
 */
export type Node = ScalarNode | ListNode | MapNode;

/** Where something was written: a point of the file (both from 1), or the name of an environment variable. */
export type Place = { readonly line: number; readonly column: number } | { readonly variable: string };

/** `plain` scalars may become numbers and booleans, where the schema wants one; `quoted` and `block` ones are texts. */
export type ScalarStyle = "plain" | "quoted" | "block";

export interface ScalarNode {
  readonly kind: "scalar";
  /** As written, with escapes and folding resolved, and `${NAME}` still in it. */
  readonly text: string;
  readonly style: ScalarStyle;
  readonly place: Place;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly place: Place;
}

export interface MapNode {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place: Place;
}

/** One key of a map with its value; `place` is the key's. */
export interface Entry {
  readonly place: Place;
  readonly value: Node;
}

/** The way from the root to a value: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

/** A value that was written as nothing (`key:`) or as one of YAML's words for it. */
export const isNothing = (node: Node): boolean =>
  node.kind === "scalar" && node.style === "plain" && /^(?:|~|null|Null|NULL)$/.test(node.text);

/** The node at `path`, with the place of its key if it has one. */
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

/** `modules.chat.timeout`, `targets[0].name`, `modules["a.b"]`. */
export const pathText = (path: Path): string =>
  path
    .map((step) => {
      if (typeof step === "number") return `[${step}]`;
      return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join("")
    .replace(/^\./, "");
