import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds } from "../../src/core/units.ts";
import { debianRoot } from "./debian-root.ts";
import { type Finished, type Running, type RunOptions, run, start, waitUntil } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The base image of the Dockerfile. */
const BASE_IMAGE = "node:24-slim";

/** Longest build of an image or of the base image. */
export const IMAGE_DEADLINE = seconds(1200);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TOOLS = join(ROOT, ".tools");

/** A Docker engine with its client; `await using` ends it with all its containers, unless it is the machine's own. */
export interface Docker extends AsyncDisposable {
  /** Where the client finds the engine, and the client itself on `PATH`. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs the client. Rejects with its output unless it succeeds, else returns its standard output without spaces around it. */
  docker(...args: readonly string[]): Promise<string>;
  /** Runs a program where the ports of containers are published. */
  onHost(argv: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Starts a program where the ports of containers are published. */
  startOnHost(argv: readonly string[], options?: RunOptions): Running;
}

/**
 * Builds an image and returns an engine that has it: one of the test's own, for which the test needs root and an archive of Debian, and
 * makes a stand-in for the base image. In CI it is that of the machine if one answers; a developer's has containers and volumes that
 * tests must not touch.
 * @param build the command, which begins with `docker build`, run in the repository
 * @returns rejects if there is no engine and none can be started
 */
export async function dockerWithImage(build: readonly string[]): Promise<Docker> {
  const machine = process.env["CI"] === undefined ? undefined : await machineDocker();
  if (machine !== undefined) {
    await machine.docker(...build.slice(1), ROOT);
    return machine;
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      "no Docker engine: run this test as root, so that it can start one that it fetches from Debian, or with CI=true on a machine whose engine `docker version` reaches",
    );
  }
  await using resources = new AsyncDisposableStack();
  const env = await fetchedPrograms();
  const folder = resources.use(await temporaryFolder());
  {
    // The stand-in has no address translation, so the build uses the machine's network.
    await using engine = await startEngine(folder.path, env, "machine");
    const base = await baseImage();
    await engine.docker("import", "--change", 'CMD ["node"]', base, BASE_IMAGE);
    await engine.docker(...build.slice(1), "--network=host", ROOT);
  }
  // In a network of its own: its bridge stays out of the machine's, and the ports of containers are free.
  const engine = resources.use(await startEngine(folder.path, env, "own"));
  const owned = resources.move();
  return { ...engine, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Returns the engine of the machine; `undefined` if there is none. */
async function machineDocker(): Promise<Docker | undefined> {
  const version = await run(["docker", "version"]).catch(() => undefined);
  if (version?.code !== 0) return undefined;
  const { env } = process;
  return { ...clientOf({ ...env, DOCKER_BUILDKIT: "1" }, []), async [Symbol.asyncDispose]() {} };
}

function clientOf(env: NodeJS.ProcessEnv, prefix: readonly string[]): Omit<Docker, keyof AsyncDisposable> {
  return {
    env,
    async docker(...args) {
      const argv = ["docker", ...args];
      const { code, stdout, stderr } = await run(argv, { env, deadline: IMAGE_DEADLINE });
      if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}\n${stdout}${stderr}`);
      return stdout.trim();
    },
    onHost: (argv, options = {}) => run([...prefix, ...argv], { env, ...options }),
    startOnHost: (argv, options = {}) => start([...prefix, ...argv], { env, ...options }),
  };
}

/** Returns an environment that has the programs of Docker, which are fetched from Debian and not installed. */
async function fetchedPrograms(): Promise<NodeJS.ProcessEnv> {
  const script = join(ROOT, "scripts/tools.mjs");
  const { code, stderr } = await run([process.execPath, script, "docker"], { deadline: IMAGE_DEADLINE });
  const root = join(TOOLS, "docker");
  if (code !== 0 || !existsSync(join(root, "manifest.json"))) {
    throw new Error(`no Docker engine: none answers, and none can be fetched\n${stderr}`);
  }
  const folders = ["usr/sbin", "usr/bin"].map((folder) => join(root, folder));
  return { ...process.env, PATH: [...folders, process.env["PATH"], "/usr/sbin:/sbin"].join(":") };
}

/** Starts an engine that keeps everything in `folder`, in the network of the machine or in one of its own. */
async function startEngine(
  folder: string,
  env: NodeJS.ProcessEnv,
  network: "machine" | "own",
): Promise<Docker> {
  await using resources = new AsyncDisposableStack();
  const socket = `unix://${folder}/docker.sock`;
  const argv = [
    "dockerd",
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/run`,
    `--pidfile=${folder}/docker.pid`,
    "--iptables=false",
    "--ip6tables=false",
    `--host=${socket}`,
  ];
  // What the engine mounts is in a namespace of its own, and ends with it.
  const engine = resources.use(
    network === "machine"
      ? start(["unshare", "--mount", ...argv, "--bridge=none"], { env })
      : start(["unshare", "--mount", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...argv], {
          env,
        }),
  );
  await engine.waitForOutput(/API listen on/);
  const prefix = network === "machine" ? [] : ["nsenter", `--net=/proc/${engine.pid}/ns/net`];
  const client = clientOf({ ...env, DOCKER_HOST: socket, DOCKER_BUILDKIT: "1" }, prefix);
  const owned = resources.move();
  return {
    ...client,
    async [Symbol.asyncDispose]() {
      const containers = (await client.docker("ps", "--all", "--quiet")).split("\n").filter(Boolean);
      if (containers.length > 0) await client.docker("rm", "--force", "--volumes", ...containers);
      await owned.disposeAsync();
    },
  };
}

/**
 * Returns the file of a stand-in for the base image, which it makes if `.tools` does not have it: Debian's smallest system, the
 * Node.js of this test, npm, and the user `node`, as the real one has them.
 */
async function baseImage(): Promise<string> {
  const npm = realpathSync(await pathOf("npm")).replace(/\/bin\/npm-cli\.js$/, "");
  const recipe = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  recipe.update(process.version).update(readFileSync(join(npm, "package.json")));
  const name = `base-image-${recipe.digest("hex").slice(0, 12)}`;
  const file = join(TOOLS, `${name}.tar`);
  if (existsSync(file)) return file;
  await using system = await debianRoot();
  const { path } = system;
  cpSync(process.execPath, join(path, "usr/local/bin/node"));
  mkdirSync(join(path, "usr/local/lib/node_modules"), { recursive: true });
  cpSync(npm, join(path, "usr/local/lib/node_modules/npm"), { recursive: true, verbatimSymlinks: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(path, "usr/local/bin/npm"));
  must(await system.run(["groupadd", "--gid=1000", "node"]));
  must(await system.run(["useradd", "--uid=1000", "--gid=node", "--create-home", "node"]));
  await rm(join(path, "var/lib/apt/lists"), { recursive: true });
  // As in the real one: apt leaves no cache behind.
  writeFileSync(
    join(path, "etc/apt/apt.conf.d/docker-clean"),
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\nDPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };\n',
  );
  await copyNpmSettings(path);
  const partial = join(TOOLS, `.partial-${name}-${process.pid}`);
  must(await run(["tar", "-C", path, "-cf", partial, "."], { deadline: IMAGE_DEADLINE }));
  // Those of other recipes are of no use any more.
  for (const old of readdirSync(TOOLS)) if (/^base-image-\w+\.tar$/.test(old)) await rm(join(TOOLS, old));
  renameSync(partial, file);
  return file;
}

function must({ code, stdout, stderr }: Finished): void {
  if (code !== 0) throw new Error(`the base image cannot be made:\n${`${stdout}${stderr}`.slice(-4000)}`);
}

/** Copies what npm needs on this machine to reach the registry: its address, proxies and certificates, but no credentials. */
async function copyNpmSettings(system: string): Promise<void> {
  const lines: string[] = [];
  for (const key of ["registry", "proxy", "https-proxy", "strict-ssl", "omit-lockfile-registry-resolved"]) {
    const { stdout } = await run(["npm", "config", "get", key]);
    const value = stdout.trim();
    if (!["", "null", "undefined"].includes(value)) lines.push(`${key}=${value}`);
  }
  const certificates = [
    (await run(["npm", "config", "get", "cafile"])).stdout.trim(),
    process.env["NODE_EXTRA_CA_CERTS"] ?? "",
    "/etc/ssl/certs/ca-certificates.crt",
  ].find((path) => path.startsWith("/") && existsSync(path));
  if (certificates !== undefined) {
    const path = "/etc/ssl/certs/ca-certificates.crt";
    mkdirSync(dirname(join(system, path)), { recursive: true });
    cpSync(certificates, join(system, path), { dereference: true });
    lines.push(`cafile=${path}`);
  }
  mkdirSync(join(system, "usr/local/etc"), { recursive: true });
  writeFileSync(join(system, "usr/local/etc/npmrc"), `${lines.join("\n")}\n`);
}

async function pathOf(program: string): Promise<string> {
  const { code, stdout } = await run(["sh", "-c", `command -v ${program}`]);
  if (code !== 0) throw new Error(`${program} is not on PATH`);
  return stdout.trim();
}

/** Waits until a container has a state of health, such as `healthy`. */
export async function waitForHealth(docker: Docker, container: string, state: string): Promise<void> {
  await waitUntil(`${container} to be ${state}`, async () => {
    const health = await docker.docker("inspect", "--format={{.State.Health.Status}}", container);
    return health === state ? true : undefined;
  });
}
