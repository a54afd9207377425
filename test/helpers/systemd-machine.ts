import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seconds } from "../../src/core/units.ts";
import { debianRoot } from "./debian-root.ts";
import { type Finished, run, start, waitUntil } from "./process.ts";

/** A machine that systemd has booted: namespaces of this one, with a system of Debian. `await using` ends it. */
export interface SystemdMachine extends AsyncDisposable {
  /** The folder of its file system. */
  readonly path: string;
  /** Runs a program in it, as root. */
  run(...argv: readonly string[]): Promise<Finished>;
  /** Sends GET to a port of it, and returns the whole response. */
  get(port: number, path: string): Promise<string>;
}

const PACKAGES = ["systemd", "systemd-sysv", "dbus", "iputils-ping", "procps"];

/** Longest start of the machine, and longest run of a program in it. */
const DEADLINE = seconds(300);

/** Becomes the first process of the machine: mounts what a kernel would, and lets systemd take over. */
const BOOT = `set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
ip link set lo up
cd "$root"
pivot_root . mnt
umount -l mnt
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /sbin/init
`;

/** Returns the folder of cgroups in version 2. */
function cgroups(): string {
  const [, folder] =
    / (\/\S*) \S+(?: \S+)* - cgroup2 /.exec(readFileSync("/proc/self/mountinfo", "utf8")) ?? [];
  if (folder === undefined) throw new Error("systemd needs cgroups of version 2: mount them");
  return folder;
}

/**
 * Boots a machine. Needs root, and cgroups of version 2.
 * @returns rejects if systemd does not get as far as to run units
 */
export async function systemdMachine(): Promise<SystemdMachine> {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await debianRoot(PACKAGES));
  const cgroup = join(cgroups(), `heartbeat-exporter-test-${process.pid}`);
  mkdirSync(cgroup);
  resources.adopt(cgroup, async (folder) => {
    // Those of its services are in it.
    await run(["find", folder, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]);
  });
  const namespaces = ["--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--fork", "--kill-child"];
  const enter = 'echo $$ >"$0/cgroup.procs" && exec unshare "$@"';
  const machine = start(["sh", "-c", enter, cgroup, ...namespaces, "sh", "-c", BOOT, "sh", path]);
  // It passes no signal on but the last.
  resources.defer(async () => void (await machine.stop(seconds(0.1))));
  const inMachine = (argv: readonly string[]): Promise<Finished> => {
    const [init = ""] = readFileSync(`/proc/${machine.pid}/task/${machine.pid}/children`, "utf8").split(" ");
    const env = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive"];
    return run(["nsenter", `--target=${init}`, "--all", "--root", "--wd", ...env, ...argv], {
      deadline: DEADLINE,
    });
  };
  await waitUntil(
    "systemd",
    async () => {
      const { stdout } = await inMachine(["systemctl", "is-system-running"]);
      return /^(running|degraded)$/m.test(stdout) ? true : undefined;
    },
    DEADLINE,
  );
  const owned = resources.move();
  return {
    path,
    run: (...argv) => inMachine(argv),
    async get(port, route) {
      const script = 'exec 3<>/dev/tcp/127.0.0.1/$0; printf "GET $1 HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3';
      return (await inMachine(["bash", "-c", script, String(port), route])).stdout;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
