import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

/** Root mounts a small disk. Other users simulate one with process limits and permissions, which do not apply to root. */
const isRoot = process.getuid?.() === 0;

/** A folder for a store whose disk can fill up or become read-only. */
export interface Disk extends AsyncDisposable {
  readonly path: string;
  /** The failure that the store reports when the disk is full. */
  readonly fullReason: "full" | "io";
  /** Leaves no space for the process, until `free`. */
  fill(pid: number): Promise<void>;
  free(pid: number): Promise<void>;
  /** Makes the disk read-only, until `writable`. */
  readOnly(): Promise<void>;
  writable(): Promise<void>;
}

/** Runs a command; throws if it fails. */
async function must(...argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${stdout}${stderr}`);
}

/** Creates a disk of so many MiB, or simulates one. */
export async function smallDisk(mib = 1): Promise<Disk> {
  const folder = await temporaryFolder();
  return isRoot ? mounted(folder, mib) : limited(folder);
}

async function mounted(folder: TemporaryFolder, mib: number): Promise<Disk> {
  const { path } = folder;
  await must("mount", "-t", "tmpfs", "-o", `size=${mib}m`, "none", path);
  const ballast = join(path, "ballast");
  return {
    path,
    fullReason: "full",
    fill: () => writeFile(ballast, Buffer.alloc(mib * 2 ** 20)).catch(() => {}),
    free: () => rm(ballast),
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
    free: (pid) => limit(pid, "unlimited:unlimited"),
    readOnly: () => chmod(path, 0o500),
    writable: () => chmod(path, 0o700),
    async [Symbol.asyncDispose]() {
      await chmod(path, 0o700);
      await folder[Symbol.asyncDispose]();
    },
  };
}
