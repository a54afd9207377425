import type { Document } from "yaml";

/** Makes names that targets may have of names and addresses of elsewhere, each of them once. */
export function createNames(): (text: string) => string {
  const taken = new Set<string>();
  return (text) => {
    const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^[^/@]*@/, "");
    const plain = bare.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9_]+|-+$/g, "");
    const base = plain === "" ? "target" : plain.slice(0, 120);
    let name = base;
    for (let i = 2; taken.has(name); i += 1) name = `${base}-${i}`;
    taken.add(name);
    return name;
  };
}

/** A configuration made of another program's. */
export interface ImportResult {
  readonly document: Document;
  /** What could not be carried over, or became something else; without secrets. */
  readonly notes: readonly string[];
}
