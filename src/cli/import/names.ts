import type { Document } from "yaml";
import type { Notes } from "./fields.ts";
import type { Secrets } from "./secrets.ts";
import type { Source } from "./source.ts";

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

/** A file to import, with what its converter reports to. */
export interface Import {
  readonly source: Source;
  readonly notes: Notes;
  readonly secrets: Secrets;
}

/** A configuration converted from another program's. */
export interface ImportResult {
  readonly document: Document;
  /** Flags that the exporter is to be started with. */
  readonly flags?: readonly string[];
  /** Changes to the pack's alerts, as `pack --overrides` reads them. */
  readonly overrides?: Document;
}
