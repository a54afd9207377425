import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { waitUntil } from "./process.ts";
import { type TemporaryFolder, temporaryFolder } from "./temporary-folder.ts";

/** A file system in a mount namespace of its own, which can be made to hang. */
export interface FuseMount extends AsyncDisposable {
  /** The folder whose files it shows. */
  readonly source: TemporaryFolder;
  /** The path at which the command sees them. */
  readonly path: string;
  /** Begins the command line of a program that sees the file system. Only root may run it. */
  readonly command: readonly string[];
  /** Makes every operation on its files hang. */
  hang(): Promise<void>;
  /** Lets them go on. */
  goOn(): Promise<void>;
}

/**
 * Reports whether a test can mount a file system. Where it cannot, it says so on stderr, and the test is skipped, which `.ci/run`
 * takes for a failure.
 */
export function canMount(): boolean {
  const able = existsSync("/dev/fuse") && process.getuid?.() === 0;
  if (!able) console.error("NOT TESTED: file systems that hang, which takes root and /dev/fuse");
  return able;
}

const SERVER = fileURLToPath(new URL("fuse-server.ts", import.meta.url));

/** Mounts, starts the file system beside the program, and becomes the program, which keeps the id of the process. */
const SCRIPT = `
exec 3<>/dev/fuse
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 test "$2" || exit 1
setpriv --pdeathsig KILL "$0" "${SERVER}" "$1" >/dev/null 2>&1 &
echo $! > "$3"
exec 3<&-
shift 3
exec "$@"`;

/** Prepares a file system with these files. It is mounted when its command runs. */
export async function fuseMount(files: Readonly<Record<string, string>>): Promise<FuseMount> {
  await using resources = new AsyncDisposableStack();
  const source = resources.use(await temporaryFolder());
  const place = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await source.write(name, content);
  const pidFile = `${source.path}.pid`;
  const pid = (): Promise<number> =>
    waitUntil("the file system", () => {
      try {
        return Number(readFileSync(pidFile, "utf8")) || undefined;
      } catch {
        return undefined;
      }
    });
  const owned = resources.move();
  return {
    source,
    path: place.path,
    command: ["unshare", "-m", "sh", "-c", SCRIPT, process.execPath, source.path, place.path, pidFile],
    hang: async () => void process.kill(await pid(), "SIGSTOP"),
    goOn: async () => void process.kill(await pid(), "SIGCONT"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
