import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExporterOptions } from "../test/helpers/exporter.ts";
import { temporaryFolder } from "../test/helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The bundle, which the image and the package run; `await using` removes it. */
export interface Bundled extends AsyncDisposable {
  /** How to start an exporter from it. */
  readonly options: Pick<ExporterOptions, "root" | "program" | "env">;
}

/** Makes the bundle. */
export async function bundled(): Promise<Bundled> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  execFileSync(process.execPath, [join(ROOT, "scripts/bundle.ts"), join(folder.path, "dist")]);
  copyFileSync(join(ROOT, "package.json"), join(folder.path, "package.json"));
  const owned = resources.move();
  return {
    options: {
      root: folder.path,
      program: "dist/main.js",
      // As in the image, in which an earlier start has filled the compile cache.
      env: { UV_THREADPOOL_SIZE: "32", NODE_COMPILE_CACHE: join(folder.path, "compiled") },
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
