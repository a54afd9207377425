import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Creates a file that exists until the running test ends. */
export function temporaryFile(content: string | Buffer, name = "file"): string {
  const folder = mkdtempSync(join(tmpdir(), "http-prober-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
