import { basename, dirname, join } from "node:path";
import { unlessItHangs } from "../../core/file-errors.ts";
import { glob, readdir, realpath } from "../../files/files.ts";
import { type FileFacts, factsOf } from "./allowed-files.ts";
import type { LogFile } from "./log-files.ts";
import {
  beforeNumber,
  containerLog,
  isCompressedName,
  isContainerLogName,
  parseLogName,
  rotationOf,
} from "./log-names.ts";

/** An older file of a log. */
export interface RotatedFile {
  readonly path: string;
  readonly facts: FileFacts;
  readonly isCompressed: boolean;
  /** False if the file may belong to another log, such as app-1.log beside app.log. */
  readonly isSure: boolean;
}

/** Returns the older files of a log, the oldest first. */
export async function rotationsOf(log: LogFile): Promise<readonly RotatedFile[]> {
  // The rotated files are beside the file that a symbolic link leads to, not beside the link.
  const real = await realpath(log.path).catch(unlessItHangs(log.path));
  const folder = dirname(real);
  const relation = relationTo(log, real);
  const beside = (await readdir(folder).catch(unlessItHangs<string[]>([]))).flatMap((name) => {
    const sureness = relation(name);
    return sureness === undefined ? [] : [{ path: join(folder, name), isSure: sureness === "sure" }];
  });
  const others = [...log.files.filter((path) => path !== log.path), ...(await compressedElsewhere(log))].map(
    (path) => ({ path, isSure: true }),
  );
  const found = await Promise.all(
    [...beside, ...others].map(async ({ path, isSure }) => {
      const facts = await factsOf(path).catch(unlessItHangs(undefined));
      return facts === undefined ? [] : [{ path, facts, isCompressed: isCompressedName(path), isSure }];
    }),
  );
  // The same file may be found by its own name and by that of a link.
  const byId = new Map(found.flat().map((file) => [file.facts.id, file]));
  return [...byId.values()].toSorted(
    (a, b) => a.facts.modified - b.facts.modified || numberOf(b.path) - numberOf(a.path),
  );
}

/** Returns the compressed files of a log whose folders hold the date. */
async function compressedElsewhere({ name, path, files }: LogFile): Promise<readonly string[]> {
  const found: string[] = [];
  if (files.every((file) => dirname(file) === dirname(path)) && !dirname(name).includes("*")) return found;
  const { stem } = parseLogName(path, name.indexOf("*"));
  for await (const file of glob(`${name.replaceAll("/*/", "/**/")}.gz`))
    if (parseLogName(file.slice(0, -".gz".length), name.indexOf("*")).stem === stem) found.push(file);
  return found;
}

/** Returns a function that tells how surely the name of a file is that of an older file of the log. */
function relationTo(log: LogFile, real: string): (name: string) => "sure" | "possible" | undefined {
  const base = basename(real);
  if (containerLog(real) !== undefined)
    return (name) => (name !== base && isContainerLogName(name) ? "sure" : undefined);
  const { stem, isDated } = parseLogName(base);
  // A link to the file of today leads to another one tomorrow.
  const followsDate = isDated && (log.name !== log.path || base !== basename(log.path));
  if (!followsDate) return (name) => rotationOf(base, name);
  return (name) => (name !== base && stemOf(name) === stem ? "sure" : rotationOf(base, name));
}

/** Returns the stem of a possibly rotated and compressed file. */
function stemOf(name: string): string {
  const plain = isCompressedName(name) ? name.slice(0, name.lastIndexOf(".")) : name;
  return parseLogName(beforeNumber(plain) ?? plain).stem;
}

/** Returns the number in the name. Of two files with the same modification time, the one with the higher number is older. */
const numberOf = (path: string): number => Number(/\.(\d{1,4})(?:\.gz)?$/.exec(path)?.[1] ?? 0);
