import { once } from "node:events";
import { cp, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runtimePackages } from "../scripts/runtime-packages.mjs";
import { type Seconds, seconds } from "../src/core/units.ts";
import { startExporter } from "./helpers/exporter.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { type Finished, type Running, run, start } from "./helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";
import { tool } from "./helpers/tools.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Most that the package and all that it installs may take on disk. */
const LARGEST = 25_000_000;

/** The files of the package, each as it is in the repository. */
const SHIPPED = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^bin\/heartbeat-exporter\.cjs$/,
  /^rules\/[\w-]+\.rules\.yml$/,
  /^alertmanager\/(alertmanager(-0\.28)?\.yml|templates\/\w+\.tmpl)$/,
  /^dashboards\/[\w-]+\.json$/,
  /^docs\/runbooks\/\w+\.md$/,
  /^grafana\/(alerting\/[\w-]+|provisioning\/\w+\/[\w-]+)\.yml$/,
  /^schema\/exporter\.schema\.json$/,
];

/** The files that the build writes. */
const BUILT = [
  /^dist\/(THIRD-PARTY-LICENSES\.txt|sbom\.cdx\.json)$/,
  /^dist\/(main|plugin|health-check|client\/index|cli\/config-worker|probers\/(icmp\/launcher-process|http\/inspect-content|inspection\/(find-match|worker))|server\/front\/bcrypt-worker|store\/worker)\.js$/,
  /^dist\/\w[\w.-]*-[\w-]{8}\.js$/,
  /^dist\/page\/assets\/((chart|icon|page)-[\w-]+\.(js|svg|css)|manifest\.json)$/,
  // Types of what programs import.
  /^dist\/(plugin|client\/[\w-]+|core\/[\w-]+)\.d\.ts$/,
];

/** The environment of a user with Node.js 24 and npm, without what npm and vitest set here and what would configure the exporter. */
const USER: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_(package|lifecycle|config_local_prefix|command|execpath)|NODE_(ENV|OPTIONS)$|VITEST|TEST|(HEARTBEAT|FAILOVER|CONTEXT_API|MACHINE)_)/.test(
          name,
        ),
    ),
  ),
  PATH: [
    dirname(process.execPath),
    ...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules")),
  ].join(delimiter),
};

let folder: TemporaryFolder;
/** An empty folder, in which the package was installed. */
let home: string;
let installed: string;

async function succeed(
  argv: readonly string[],
  cwd: string,
  deadline: Seconds = seconds(300),
): Promise<string> {
  const { code, stdout, stderr } = await run(argv, { cwd, env: USER, deadline });
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Runs `npx heartbeat-exporter` as in a shell of the user. */
const npx = (...args: readonly string[]): Promise<Finished> =>
  run(["npx", "heartbeat-exporter", ...args], { cwd: home, env: USER });

/** Copies what is in the working tree, as a clone would have it. */
async function cloneTo(target: string): Promise<void> {
  const list = await succeed(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT);
  for (const file of list.split("\0").filter((name) => name !== "" && name !== "node_modules")) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    // A file that was removed but is not yet committed is in no clone.
    await cp(join(ROOT, file), join(target, file), { verbatimSymlinks: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
  }
}

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .toSorted();
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const clone = join(folder.path, "clone");
  await cloneTo(clone);
  await succeed(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], clone);
  await succeed(["npm", "pack", `--pack-destination=${folder.path}`], clone);
  const tarball = (await readdir(folder.path)).find((name) => name.endsWith(".tgz")) ?? "";
  home = join(folder.path, "home");
  await mkdir(home);
  await succeed(["npm", "install", "--no-audit", "--no-fund", join(folder.path, tarball)], home);
  installed = join(home, "node_modules/heartbeat-exporter");
});
afterAll(() => folder[Symbol.asyncDispose]());

describe("the npm package", () => {
  it("contains what the program needs and nothing else", async () => {
    const files = await filesBelow(installed);
    expect(files.filter((file) => ![...SHIPPED, ...BUILT].some((form) => form.test(file)))).toEqual([]);
    for (const form of [...SHIPPED, ...BUILT]) {
      expect({ form, found: files.some((file) => form.test(file)) }).toEqual({ form, found: true });
    }
    const copied = files.filter((name) => SHIPPED.some((form) => form.test(name)));
    const textsIn = async (root: string): Promise<readonly (readonly [string, string])[]> =>
      Promise.all(copied.map(async (file) => [file, await readFile(join(root, file), "utf8")] as const));
    expect(await textsIn(installed)).toEqual(await textsIn(ROOT));
  });

  it("depends on no other package, and is small", async () => {
    const packages = (await readdir(join(home, "node_modules"))).filter((name) => !name.startsWith("."));
    expect(packages).toEqual(["heartbeat-exporter"]);
    const below = await filesBelow(join(home, "node_modules"));
    const sizes = await Promise.all(
      below.map(async (file) => (await stat(join(home, "node_modules", file))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(LARGEST);
  });

  it("names the packages whose code it contains, with their licenses", async () => {
    const text = await readFile(join(installed, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of [
      "@kubernetes/client-node",
      "ajv",
      "express",
      "got",
      "openid-client",
      "preact",
      "uplot",
    ]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2\\.0)\\)$`, "m"));
    }
    // What is audited in CI is all of them.
    const named = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(100);
    expect(runtimePackages()).toEqual(expect.arrayContaining(named));
  });

  it("has the command, with help and version", async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await npx("--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await npx("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: heartbeat-exporter [command] [options]");
  });

  it("has the bounds of memory that npm start has", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
      scripts: { start: string };
    };
    const flags = scripts.start.split(" ").filter((word) => word.startsWith("--") && word !== "--demo");
    expect(flags).toHaveLength(4);
    await using exporter = start(
      [join(home, "node_modules/.bin/heartbeat-exporter"), "--demo", "--web.listen-address=127.0.0.1:0"],
      { cwd: home, env: USER },
    );
    await exporter.waitForOutput(/heartbeat-exporter listens/);
    const words = (await readFile(`/proc/${exporter.pid}/cmdline`, "utf8")).split("\0");
    expect(words).toEqual(expect.arrayContaining(flags));
    expect(await readFile(`/proc/${exporter.pid}/environ`, "utf8")).toContain("MALLOC_ARENA_MAX=1");
  });
});

describe("the command under systemd", () => {
  it("listens on a socket that it is passed, which the start with other options of V8 would close", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const descriptor = Number(Reflect.get(Reflect.get(server, "_handle") as object, "fd"));
    const command = join(home, "node_modules/.bin/heartbeat-exporter");
    const activate = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"';
    await using exporter = start(["sh", "-c", activate, "sh", command, "--demo", "--web.systemd-socket"], {
      cwd: home,
      env: USER,
      descriptors: [descriptor],
    });
    await exporter.waitForOutput(new RegExp(`address=http://127\\.0\\.0\\.1:${port} `));
    server.close();
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`)).status).toBe(200);
  });
});

/** Returns the first Node.js in PATH that is too old for the program. */
async function oldNode(): Promise<string> {
  for (const path of (USER.PATH ?? "").split(delimiter)) {
    const node = join(path, "node");
    const { code, stdout } = await run([node, "--version"]).catch(() => ({ code: 1, stdout: "" }));
    if (code === 0 && Number.parseInt(stdout.slice(1), 10) < 24) return node;
  }
  throw new Error("PATH has no Node.js older than 24, such as the one of the operating system; install one");
}

describe("an old Node.js", () => {
  it("is refused with one sentence", async () => {
    const node = await oldNode();
    const { stdout } = await run([node, "--version"]);
    const refused = await run([node, join(installed, "bin/heartbeat-exporter.cjs"), "--version"]);
    expect(refused).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `heartbeat-exporter needs Node.js 24.5 or newer, but ${node} is ${stdout}`,
    });
  });
});

/** Sends SIGTERM to the program: one to npx or script ends only what is in between, while a terminal's reaches all of them. */
async function endProgram(): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (words.includes(`${installed}/dist/main.js`)) process.kill(Number(pid), "SIGTERM");
  }
}

/** Starts a command of the user that starts the program. */
function startCommand(argv: readonly string[]): Running {
  const running = start(argv, { cwd: home, env: USER });
  return {
    ...running,
    [Symbol.asyncDispose]: async () => {
      await endProgram();
      await running.stop();
    },
  };
}

/** Waits until the demonstration listens, and returns its URL. */
async function urlOf(exporter: Running): Promise<string> {
  return (await exporter.waitForOutput(/heartbeat-exporter listens.*? address=(http:\S+)/))[1] ?? "";
}

describe("the demonstration", () => {
  it("runs with npx alone, and names npx in what it suggests", async () => {
    await using exporter = startCommand(["npx", "heartbeat-exporter", "--web.listen-address=127.0.0.1:0"]);
    const url = await urlOf(exporter);
    await exporter.waitForOutput(/npx heartbeat-exporter --config\.file=exporter\.yml/);
    expect(exporter.stdout()).toContain("HEARTBEAT_LLM_MODEL=llama3.2 npx heartbeat-exporter\n");
    expect(exporter.output()).not.toContain("npm start");
    const page = await (await fetch(url, { headers: { accept: "text/html" } })).text();
    const asset = /"([^"]*\/assets\/page-[\w-]+\.css)"/.exec(page)?.[1] ?? "no style";
    expect((await fetch(new URL(asset, url))).status).toBe(200);
    expect((await fetch(`${url}/runbooks/HeartbeatModelUnavailable`)).status).toBe(200);
    await endProgram();
    expect(await exporter.exited).toEqual({ code: 0, signal: null });
    expect(exporter.output()).toContain("msg=goodbye");
  });

  it("runs on a terminal, but not without one, and not if a variable is misspelt", async () => {
    const command = join(home, "node_modules/.bin/heartbeat-exporter");
    const address = "--web.listen-address=127.0.0.1:0";
    await using terminal = startCommand(["script", "-qec", `${command} ${address}`, "/dev/null"]);
    await terminal.waitForOutput(/\n {2}heartbeat-exporter --config\.file=exporter\.yml/);
    await endProgram();
    await terminal.exited;
    const service = await run([command, address], { cwd: home, env: USER });
    expect(service).toMatchObject({ code: 2, stdout: "" });
    expect(service.stderr).toMatch(/^nothing is configured: .*--demo runs a demonstration/s);
    const misspelt = await run(["npx", "heartbeat-exporter", address], {
      cwd: home,
      env: { ...USER, HEARTBEAT_LLM_URI: "http://127.0.0.1:1/v1" },
    });
    expect(misspelt).toMatchObject({ code: 2, stdout: "" });
    expect(misspelt.stderr).toContain("did you mean HEARTBEAT_LLM_URL?");
  });
});

/** Returns the first code block of each language in a section of docs/alerting.md. */
async function blocksOf(section: string): Promise<Readonly<Record<string, string>>> {
  const page = await readFile(join(ROOT, "docs/alerting.md"), "utf8");
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  const blocks = [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  return Object.fromEntries(blocks.toReversed().map(([, language = "", code = ""]) => [language, code]));
}

const rulesIn = (text: string): number =>
  (parse(text) as { groups: { rules: unknown[] }[] }).groups.reduce(
    (sum, { rules }) => sum + rules.length,
    0,
  );

describe("the rules of the package", () => {
  it.each(["bookworm", "newest"] as const)(
    "are all loaded by Prometheus (%s) with the lines of the documentation",
    async (version) => {
      const { sh = "", yaml = "" } = await blocksOf("Adding the rules to Prometheus");
      const [, documented = ""] = /--out (\/\S+)/.exec(sh) ?? [];
      const own = join(folder.path, `etc-${version}`);
      const here = (text: string): string => text.replaceAll(documented, own);
      expect(sh).toMatch(/^heartbeat-exporter pack --out \S+\n$/);
      const written = await npx(...here(sh).trim().split(" ").slice(1));
      expect(written).toMatchObject({ code: 0, stderr: "" });

      const shipped = (await readdir(join(ROOT, "rules"))).filter((name) => name.endsWith(".rules.yml"));
      const texts = await Promise.all(shipped.map((name) => readFile(join(ROOT, "rules", name), "utf8")));
      const rules = texts.map(rulesIn).reduce((sum, count) => sum + count);
      expect(rules).toBeGreaterThan(0);

      const help = (await npx("pack", "--help")).stdout;
      const fromHelp = /\n {2}(rule_files:\n {4}- \S+\n)/.exec(help)?.[1] ?? "";
      const fromOutput = /^in prometheus\.yml: (rule_files: .*)$/m.exec(written.stdout)?.[1] ?? "";
      const { argv, cwd } = tool("promtool", version);
      for (const lines of [here(yaml), here(fromHelp), fromOutput]) {
        const file = await folder.write("prometheus.yml", lines);
        const check = [...argv, "check", "config", file];
        const { code, stdout, stderr } = await run(check, cwd === undefined ? {} : { cwd });
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        const found = [...stdout.matchAll(/SUCCESS: (\d+) rules found/g)].map(([, count]) => Number(count));
        expect(found).toHaveLength(shipped.length);
        expect(found.reduce((sum, count) => sum + count)).toBe(rules);
      }
    },
  );
});

describe("Kubernetes without further packages", () => {
  const PROBE = `
modules: { lease: { prober: kubernetes_lease, kubernetes_lease: { kubeconfig: KUBECONFIG } } }
targets: [{ name: syncer, module: lease, target: kcp/syncer }]
`;

  it("reads a lease with the credentials of a kubeconfig", async () => {
    await using api = await startKubernetes();
    api.put("kcp/syncer", {
      holderIdentity: "me",
      leaseDurationSeconds: 600,
      renewTime: new Date().toISOString(),
    });
    const plugin = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "echo",
      args: [
        JSON.stringify({
          apiVersion: "client.authentication.k8s.io/v1",
          kind: "ExecCredential",
          status: { token: "replica-a" },
        }),
      ],
      interactiveMode: "Never",
    };
    const kubeconfigs = [
      ["token", api.kubeconfig()],
      ["certificate", api.kubeconfig({ certificate: true })],
      ["plugin", api.kubeconfig({ user: { exec: plugin } })],
    ] as const;
    for (const [name, text] of kubeconfigs) {
      const kubeconfig = await folder.write(`kubeconfig-${name}`, text);
      const config = await folder.write("lease.yml", PROBE.replace("KUBECONFIG", kubeconfig));
      const probed = await npx("probe", `--config.file=${config}`);
      expect({ name, ...probed }).toMatchObject({ name, code: 0 });
    }
  });

  it("elects a leader", async () => {
    await using api = await startKubernetes();
    const kubeconfig = await folder.write("kubeconfig", api.kubeconfig());
    await using exporter = await startExporter({
      yaml: `modules: { web: { prober: http } }\nlease: { name: ours, namespace: own, kubeconfig: ${kubeconfig} }\n`,
      root: installed,
      program: "bin/heartbeat-exporter.cjs",
    });
    await exporter.process.waitForOutput(/this replica leads/);
    expect(api.get("own/ours")?.spec["holderIdentity"]).toBeTruthy();
  });
});
