import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readdir, readSmall } from "../files/files.ts";
import { embedded, embeddedBelow, keyOf } from "./single.ts";

/*
 * Files that belong to the program, such as runbooks and rules. They are in its package, or inside of its single executable.
 * Their URLs are made from that of a module: `new URL("../../rules", import.meta.url)`.
 */

/** Reads a file of the program. Rejects if it does not exist, or if its file system does not answer within a second. */
export async function readResource(url: URL): Promise<Buffer> {
  const key = keyOf(url);
  return key === undefined ? readSmall(fileURLToPath(url)) : embedded(key);
}

/** Returns the names of the files directly in a folder of the program, sorted. */
export async function listResources(folder: URL): Promise<readonly string[]> {
  const key = keyOf(folder);
  if (key !== undefined) return embeddedBelow(key).filter((name) => !name.includes("/"));
  return (await readdir(fileURLToPath(folder))).toSorted();
}

/** Reads the files below a folder of the program whose names match, by name. Blocks: only for commands. */
export function readResourcesSync(folder: URL, names: RegExp): ReadonlyMap<string, string> {
  const key = keyOf(folder);
  const path = key === undefined ? fileURLToPath(folder) : key;
  const all =
    key === undefined ? readdirSync(path, { recursive: true, encoding: "utf8" }) : embeddedBelow(key);
  const read = (name: string): Buffer =>
    key === undefined ? readFileSync(`${path}/${name}`) : embedded(`${path}/${name}`);
  return new Map(
    all
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => names.test(name))
      .toSorted()
      .map((name) => [name, read(name).toString("utf8")]),
  );
}
