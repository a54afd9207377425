import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder; `await using` removes it. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file, creates its parent folders, and returns its absolute path. */
  write(name: string, content: string): Promise<string>;
}

/** Creates a {@link TemporaryFolder}. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "heartbeat-exporter-"));
  return {
    path,
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
