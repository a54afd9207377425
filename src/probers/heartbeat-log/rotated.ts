import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { type FileFacts, factsOf } from "./allowed-files.ts";

/** What rotation adds to a name: a number or a date, such as `.1`, `-20260101` or `.2026-01-01-10`. */
const ADDED = /^[.-]\d[\d._T:-]*$/;
const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|Z)$/;

/** Whether `name` is what rotation makes of `base`: `app.log.1`, `app-20260101.log`; compressed ones too. */
function isRotationOf(base: string, name: string): boolean {
  const plain = name.replace(COMPRESSED, "");
  if (plain === base) return name !== base;
  if (plain.startsWith(base)) return ADDED.test(plain.slice(base.length));
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  if (extension === "" || !plain.startsWith(stem) || !plain.endsWith(extension)) return false;
  return ADDED.test(plain.slice(stem.length, plain.length - extension.length));
}

/** Whether a name looks like that of a file that was rotated away, whatever it was called before. */
export const looksRotated = (name: string): boolean =>
  COMPRESSED.test(name) ||
  /\.\d{1,4}$|[.-]\d{8}(-\d+)?$|[.-]\d{4}-\d\d-\d\d[\d._T:-]*$/.test(name) ||
  /[.-](\d{8}(-\d+)?|\d{4}-\d\d-\d\d[\d._T:-]*)\.[a-z]+$/i.test(name);

/** A file that rotation left beside a log. */
export interface RotatedFile {
  readonly path: string;
  readonly facts: FileFacts;
}

/** The uncompressed files that rotation left of `path`, the oldest first. */
export async function rotationsOf(path: string): Promise<readonly RotatedFile[]> {
  // Of what a symbolic link leads to, the rotated ones stand there too.
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

/** Of two files that were written to in the same moment the one with the higher number is older. */
const numberOf = (path: string): number => Number(/\.(\d{1,4})$/.exec(path)?.[1] ?? 0);
