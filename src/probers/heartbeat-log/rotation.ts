import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { type FileFacts, factsOf } from "./allowed-files.ts";

/** The suffix of a rotated file: a number or a date, such as `.1`, `-20260101` or `.2026-01-01-10`. */
const SUFFIX = /^[.-]\d[\d._T:-]*$/;
const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|Z)$/;

/** Returns true if `name` is a rotated, possibly compressed `base`: for app.log, `app.log.1` or `app-20260101.log.gz`. */
function isRotationOf(base: string, name: string): boolean {
  const plain = name.replace(COMPRESSED, "");
  if (plain === base) return name !== base;
  if (plain.startsWith(base)) return SUFFIX.test(plain.slice(base.length));
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  if (extension === "" || !plain.startsWith(stem) || !plain.endsWith(extension)) return false;
  return SUFFIX.test(plain.slice(stem.length, plain.length - extension.length));
}

/** Returns true if a name looks like that of a rotated file, whatever its original name. */
export const looksRotated = (name: string): boolean =>
  COMPRESSED.test(name) ||
  /\.\d{1,4}$|[.-]\d{8}(-\d+)?$|[.-]\d{4}-\d\d-\d\d[\d._T:-]*$/.test(name) ||
  /[.-](\d{8}(-\d+)?|\d{4}-\d\d-\d\d[\d._T:-]*)\.[a-z]+$/i.test(name);

/** A rotated file beside a log. */
export interface RotatedFile {
  readonly path: string;
  readonly facts: FileFacts;
}

/** Returns the uncompressed rotated files of `path`, the oldest first. */
export async function rotationsOf(path: string): Promise<readonly RotatedFile[]> {
  // The rotated files are beside the file that a symbolic link leads to, not beside the link.
  const real = await realpath(path).catch(() => path);
  const folder = dirname(real);
  const base = basename(real);
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => isRotationOf(base, name) && !COMPRESSED.test(name))
      .map(async (name) => {
        const file = join(folder, name);
        const facts = await factsOf(file).catch(() => undefined);
        return facts === undefined ? [] : [{ path: file, facts }];
      }),
  );
  return found
    .flat()
    .toSorted((a, b) => a.facts.modified - b.facts.modified || numberOf(b.path) - numberOf(a.path));
}

/** Returns the number in the name. Of two files with the same modification time, the one with the higher number is older. */
const numberOf = (path: string): number => Number(/\.(\d{1,4})$/.exec(path)?.[1] ?? 0);
