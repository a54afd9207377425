import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { tool } from "./tools.ts";

/** Names of Chromium on PATH, for machines without a Debian archive. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * Finds Chromium: the one that scripts/tools.mjs has fetched, or else one on PATH.
 * @throws Error if there is none
 */
export function chromiumPath(): string {
  try {
    return tool("chromium", "bookworm").argv[0];
  } catch (error) {
    const found = (process.env["PATH"] ?? "")
      .split(delimiter)
      .flatMap((folder) => NAMES.map((name) => join(folder, name)))
      .find(isExecutable);
    if (found === undefined) throw error;
    return found;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
