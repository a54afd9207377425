import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds } from "../../src/core/units.ts";
import { goTool } from "./go-tools.ts";
import { run } from "./process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the Debian package into a folder, as `npm run build:deb` does, and returns the name of its file. */
export async function buildDeb(folder: string): Promise<string> {
  const env = { ...process.env, PATH: `${dirname(await goTool("nfpm"))}:${process.env["PATH"] ?? ""}` };
  const argv = [process.execPath, "scripts/deb.ts", folder];
  const { stderr } = await run(argv, { cwd: ROOT, env, deadline: seconds(300) });
  const name = readdirSync(folder).find((file) =>
    /^heartbeat-exporter_\d+\.\d+\.\d+_(amd64|arm64)\.deb$/.test(file),
  );
  if (name === undefined) throw new Error(`no package was built\n${stderr}`);
  return name;
}
