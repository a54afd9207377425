import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tool } from "./tools.ts";

/**
 * Puts `ping` on the PATH of the tests, and so of the exporters that they start, if the machine has none: the one that
 * scripts/tools.mjs has fetched.
 */
export default function setUp(): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  if (folders.some((folder) => isExecutable(join(folder, "ping")))) return;
  const words = tool("ping", "newest").argv.map((word) => `'${word}'`);
  const folder = fileURLToPath(new URL("../../.tools/bin", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "ping"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  process.env["PATH"] = [...folders, folder].join(delimiter);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
