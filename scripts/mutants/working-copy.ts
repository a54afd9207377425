import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A copy of the tree, in which faults are put into files. */
export interface WorkingCopy {
  readonly folder: string;
  [Symbol.dispose](): void;
}

/** What is shared with the tree, since nothing changes it. */
const SHARED: readonly string[] = ["node_modules", ".tools"];

/** Copies what is in the repository at `root`, with changes that are not committed, into a temporary folder. */
export function copyTree(root: string): WorkingCopy {
  const folder = mkdtempSync(join(tmpdir(), "check-mutants-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    copyInto(folder, root);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, [Symbol.dispose]: remove };
}

function copyInto(folder: string, root: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  for (const path of listed.split("\0").filter((one) => one !== "" && existsSync(join(root, one)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (!SHARED.includes(path))
      cpSync(join(root, path), join(folder, path), { verbatimSymlinks: true, recursive: true });
  }
  for (const name of SHARED) symlinkSync(realpathSync(join(root, name)), join(folder, name));
}
