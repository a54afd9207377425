import type { Document } from "yaml";

/** Returns a function that turns names and addresses into valid target names, never the same name twice. */
export function createNames(): (text: string) => string {
  const used = new Set<string>();
  return (text) => {
    const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^[^/@]*@/, "");
    const plain = bare.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9_]+|-+$/g, "");
    const base = plain === "" ? "target" : plain.slice(0, 120);
    let name = base;
    for (let i = 2; used.has(name); i += 1) name = `${base}-${i}`;
    used.add(name);
    return name;
  };
}

/** A configuration converted from another program's. */
export interface ImportResult {
  readonly document: Document;
  /** Settings that were not imported or were changed, without secrets. */
  readonly notes: readonly string[];
}
