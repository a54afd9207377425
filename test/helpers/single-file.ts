import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { succeed } from "./package.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the single executable into a folder, as `npm run build:single` does, and returns its file. */
export async function buildSingleFile(folder: string, arch: string = process.arch): Promise<string> {
  const file = join(folder, `heartbeat-exporter-${arch}`);
  await succeed([process.execPath, "scripts/single-file.ts", `--arch=${arch}`, file], ROOT);
  return file;
}
