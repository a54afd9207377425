import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds } from "../../src/core/units.ts";
import { type Finished, run } from "./process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a program; rejects with its output when it fails. */
export async function succeed(argv: readonly string[], cwd: string): Promise<Finished> {
  // Compilation is the longest piece of work that tests do: on a busy machine it takes minutes.
  const finished = await run(argv, { cwd, deadline: seconds(200) });
  if (finished.code !== 0) throw new Error(`${argv.join(" ")}: ${finished.stdout}${finished.stderr}`);
  return finished;
}

/**
 * Builds and packs the package, and installs it below `folder` as npm does but without dependencies: code that works there
 * needs none. Writes nothing to the repository, because other tests may build at the same time.
 */
export async function installPackage(folder: string): Promise<void> {
  const source = join(folder, "source");
  await succeed([process.execPath, "scripts/bundle.ts", join(source, "dist")], ROOT);
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  await succeed([tsc, "-p", "tsconfig.build.json", "--outDir", join(source, "dist")], ROOT);
  for (const file of ["package.json", "README.md", "LICENSE"]) await cp(join(ROOT, file), join(source, file));
  const pack = ["npm", "pack", "--ignore-scripts", "--json", `--pack-destination=${folder}`];
  const { stdout } = await succeed(pack, source);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await succeed(["tar", "-xzf", filename], folder);
  await cp(join(folder, "package"), join(folder, "node_modules/heartbeat-exporter"), { recursive: true });
}
