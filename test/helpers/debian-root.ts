import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds } from "../../src/core/units.ts";
import { type Finished, type Running, type RunOptions, run, start } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TOOLS = join(ROOT, ".tools");

/** Longest time to make a system. */
const DEADLINE = seconds(1200);

/** Debian's smallest system in a folder; `await using` removes it. */
export interface DebianRoot extends AsyncDisposable {
  /** The folder. */
  readonly path: string;
  /** Runs a program in it, as root or as a user by number, in the network of the machine. */
  run(argv: readonly string[], options?: RootOptions): Promise<Finished>;
  /** Starts a program in it. */
  start(argv: readonly string[], options?: RootOptions): Running;
}

/** How a program runs in a system. */
export interface RootOptions extends Pick<RunOptions, "input"> {
  readonly user?: number;
}

/**
 * Makes a system of Debian 12. `.tools` keeps it for the next time.
 * @param packages what it has beside the smallest system
 * @returns rejects if this process is not root, or if no archive of Debian answers
 */
export async function debianRoot(packages: readonly string[] = []): Promise<DebianRoot> {
  if (process.getuid?.() !== 0) throw new Error("a system of Debian is made by root: run this test as root");
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const path = join(folder.path, "root");
  mkdirSync(path);
  await must(["tar", "-C", path, "-xpf", await archive(packages)]);
  const owned = resources.move();
  // With a /proc of its own. Each program is replaced by the next one, so that signals reach the last.
  const inRoot = (argv: readonly string[], { user }: RootOptions): readonly string[] => {
    const script = 'mount -t proc proc "$0/proc" && exec chroot "$@"';
    const as = user === undefined ? [] : [`--userspec=${user}:${user}`];
    return ["unshare", "--mount", "sh", "-c", script, path, ...as, path, ...argv];
  };
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" };
  return {
    path,
    run: (argv, options = {}) => run(inRoot(argv, options), { env, ...options, deadline: DEADLINE }),
    start: (argv, options = {}) => start(inRoot(argv, options), { env, ...options }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Returns the file of the system, which debootstrap makes if it is not there. */
async function archive(packages: readonly string[]): Promise<string> {
  const name = `debian-bookworm-${createHash("sha256").update(packages.join()).digest("hex").slice(0, 8)}`;
  const file = join(TOOLS, `${name}.tar`);
  if (existsSync(file)) return file;
  await must([process.execPath, "scripts/tools.mjs", "docker"]);
  const tools = join(TOOLS, "docker");
  const { mirror } = JSON.parse(readFileSync(join(tools, "manifest.json"), "utf8")) as { mirror?: string };
  if (mirror === undefined) throw new Error("no archive of Debian to make a system from");
  const partial = join(TOOLS, `.partial-${name}-${process.pid}`);
  try {
    const include = packages.length === 0 ? [] : [`--include=${packages.join(",")}`];
    const debootstrap = ["sh", join(tools, "usr/sbin/debootstrap"), "--variant=minbase", ...include];
    await must([...debootstrap, "bookworm", partial, mirror], {
      DEBOOTSTRAP_DIR: join(tools, "usr/share/debootstrap"),
    });
    await must(["chroot", partial, "apt-get", "clean"]);
    await must(["tar", "-C", partial, "-cf", `${partial}.tar`, "."]);
    renameSync(`${partial}.tar`, file);
  } finally {
    await rm(partial, { recursive: true, force: true });
    await rm(`${partial}.tar`, { force: true });
  }
  return file;
}

async function must(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const options = { cwd: ROOT, env: { ...process.env, PATH: path, ...env }, deadline: DEADLINE };
  const { code, stdout, stderr } = await run(argv, options);
  if (code !== 0)
    throw new Error(`${argv.join(" ")} ended with ${code}\n${`${stdout}${stderr}`.slice(-4000)}`);
}
