import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The commit to compare with: that of the variable BENCH_BASE. */
const BASE = process.env["BENCH_BASE"] ?? "main";

/** A folder with the code of an earlier commit. */
export interface Baseline extends AsyncDisposable {
  readonly root: string;
  readonly commit: string;
}

/** Checks out the commit of BENCH_BASE, `main` without one, beside this repository; `await using` removes it. */
export async function checkOutBaseline(): Promise<Baseline> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const root = join(folder.path, "baseline");
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  git("worktree", "add", "--detach", root, BASE);
  resources.defer(() => void git("worktree", "remove", "--force", root));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  const owned = resources.move();
  return {
    root,
    commit: git("rev-parse", "--short", BASE).trim(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
