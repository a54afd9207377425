import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

/** Who may not mount gets the same troubles by the limits and permissions of a process, which root does not have. */
const isRoot = process.getuid?.() === 0;

/** A folder for a store, and troubles for it. */
export interface Disk extends AsyncDisposable {
  readonly path: string;
  /** What the store says of a disk that is full. */
  readonly fullReason: "full" | "io";
  /** Leaves no room for the process; `room` gives it back. */
  fill(pid: number): Promise<void>;
  room(pid: number): Promise<void>;
  /** Nothing can be written any more, not even new files; `writable` ends that. */
  readOnly(): Promise<void>;
  writable(): Promise<void>;
}

async function must(...argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${stdout}${stderr}`);
}

/** A disk of 1 MiB, or as good as that. */
export async function smallDisk(): Promise<Disk> {
  const folder = await temporaryFolder();
  return isRoot ? mounted(folder) : limited(folder);
}

async function mounted(folder: TemporaryFolder): Promise<Disk> {
  const { path } = folder;
  await must("mount", "-t", "tmpfs", "-o", "size=1m", "none", path);
  const ballast = join(path, "ballast");
  return {
    path,
    fullReason: "full",
    fill: () => writeFile(ballast, Buffer.alloc(2 ** 20)).catch(() => {}),
    room: () => rm(ballast),
    readOnly: () => must("mount", "-o", "remount,ro", path),
    writable: () => must("mount", "-o", "remount,rw", path),
    async [Symbol.asyncDispose]() {
      await must("umount", "-l", path);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function limited(folder: TemporaryFolder): Promise<Disk> {
  const { path } = folder;
  const limit = (pid: number, bytes: string) => must("prlimit", `--pid=${pid}`, `--fsize=${bytes}`);
  return {
    path,
    fullReason: "io",
    fill: (pid) => limit(pid, "1000:unlimited"),
    room: (pid) => limit(pid, "unlimited:unlimited"),
    readOnly: () => chmod(path, 0o500),
    writable: () => chmod(path, 0o700),
    async [Symbol.asyncDispose]() {
      await chmod(path, 0o700);
      await folder[Symbol.asyncDispose]();
    },
  };
}
