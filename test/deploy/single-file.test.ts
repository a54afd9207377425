import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import bcrypt from "bcryptjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type Finished, type Running, run, start, waitUntil } from "../helpers/process.ts";
import { buildSingleFile } from "../helpers/single-file.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const PLUGIN = `
import { defineProber, gauge, sample, succeeded } from "heartbeat-exporter/plugin";
const answer: ReturnType<typeof gauge> = gauge("probe_of_plugin_answer", "The answer");
export default defineProber({
  kind: "of_plugin",
  schema: { type: "object" },
  costly: false,
  metrics: [answer],
  compile: () => 42,
  probe: async (_target, value: number) => ({ outcome: succeeded, samples: [sample(answer, value, {})] }),
});
`;

describe("the single executable", () => {
  let folder: TemporaryFolder;
  let file: string;
  /** A folder without anything, in which it runs. */
  let empty: string;

  /** Runs it in the empty folder, without a variable except these. */
  const single = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> =>
    run([file, ...args], { cwd: empty, env: { PATH: "", ...env } });

  /** Starts the exporter there, and returns its URL. */
  const serve = async (
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ url: string; process: Running }> => {
    const process = start([file, "--web.listen-address=127.0.0.1:0", ...args], {
      cwd: empty,
      env: { PATH: "", ...env },
    });
    const [, url = ""] = await process.waitForOutput(/heartbeat-exporter listens.*? address=(https?:\S+)/);
    return { url, process };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    empty = join(folder.path, "empty");
    mkdirSync(empty);
    file = await buildSingleFile(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test("is the exporter: --version, --help, and its own arguments only", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await single(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    // Node.js would take it, and say what it means.
    expect(await single(["--v8-options"], { NODE_OPTIONS: "" })).toMatchObject({ code: 2, stdout: "" });
  });

  test("probes", async () => {
    await using server = await serveHttp((_request, response) => void response.end("good"));
    const config = await folder.write("probe.yml", "modules: { web: { prober: http } }");
    const probe = await single([
      "probe",
      `--config.file=${config}`,
      "--module=web",
      `http://${server.host}/`,
    ]);
    expect(probe).toMatchObject({ code: 0, stderr: "" });
    expect(probe.stdout).toContain("1 succeeded");
  });

  test("writes the pack, byte by byte as the repository has it", async () => {
    const out = join(folder.path, "pack");
    expect(await single(["pack", `--out=${out}`, "--grafana=provision"])).toMatchObject({
      code: 0,
      stderr: "",
    });
    const reference = join(folder.path, "reference");
    await run([process.execPath, "src/main.ts", "pack", `--out=${reference}`, "--grafana=provision"], {
      cwd: ROOT,
    });
    const filesOf = (path: string): Readonly<Record<string, string>> =>
      Object.fromEntries(
        readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((name) => [name.slice(path.length), readFileSync(name, "utf8")]),
      );
    expect(Object.keys(filesOf(out)).length).toBeGreaterThan(30);
    expect(filesOf(out)).toEqual(filesOf(reference));
  });

  test("checks a configuration in its thread", async () => {
    const bad = await folder.write("bad.yml", "modules: { web: { prober: htp } }");
    const check = await single([`--config.file=${bad}`, "--config.check"]);
    expect(check).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("bad.yml:1:27: modules.web.prober"),
    });
  });

  test("serves: a scrape, its page with style and script, runbooks, passwords and a plugin, and keeps its state", async () => {
    await using server = await serveHttp((_request, response) => void response.end("good"));
    const plugin = await folder.write("plugin.ts", PLUGIN);
    const store = join(folder.path, "store.db");
    const config = await folder.write(
      "serve.yml",
      `plugins: [${plugin}]
modules: { web: { prober: http }, own: { prober: of_plugin } }
targets:
  - { name: web, module: web, target: "http://${server.host}/" }
  - { name: own, module: own, target: x }
`,
    );
    const password = "of-the-test";
    const web = await folder.write(
      "web.yml",
      `basic_auth_users: { tester: "${await bcrypt.hash(password, 4)}" }`,
    );
    const { url, process } = await serve([
      `--config.file=${config}`,
      `--web.config.file=${web}`,
      `--storage.path=${store}`,
    ]);
    await using _ = process;
    const headers = { Authorization: `Basic ${Buffer.from(`tester:${password}`).toString("base64")}` };
    const get = async (path: string, Accept = "*/*"): Promise<string> => {
      const answer = await fetch(`${url}${path}`, { headers: { ...headers, Accept } });
      expect([path, answer.status]).toEqual([path, 200]);
      return answer.text();
    };
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const metrics = await waitUntil("both probes", async () => {
      const text = await get("/metrics");
      return ["web", "own"].every((target) => valueOf(text, "probe_success", { target }) === 1)
        ? text
        : undefined;
    });
    expect(valueOf(metrics, "probe_of_plugin_answer", { target: "own" })).toBe(42);
    expect(valueOf(metrics, "heartbeat_exporter_store_up")).toBe(1);
    expect(await get("/runbooks/HeartbeatTargetDown")).toBe(
      readFileSync(join(ROOT, "docs/runbooks/HeartbeatTargetDown.md"), "utf8"),
    );
    const page = await get("/", "text/html");
    const assets = [...page.matchAll(/(?:href|src)="([^"]*\/page-[\w-]+\.(?:css|js))"/g)].map(
      ([, path]) => path,
    );
    expect(new Set(assets.map((path) => path?.replace(/.*\./, "")))).toEqual(new Set(["css", "js"]));
    for (const path of assets) expect((await get(path ?? "")).length).toBeGreaterThan(1000);
    process.kill("SIGTERM");
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(process.stderr()).not.toMatch(/Warning|level=(warn|error)/);
    expect(readFileSync(store).subarray(0, 15).toString()).toBe("SQLite format 3");
    expect(readdirSync(empty)).toEqual([]);
  });

  test("starts ping by its own process", async () => {
    const ping = (process.env["PATH"] ?? "").split(delimiter).map((path) => join(path, "ping"));
    const path = join(folder.path, "bin");
    mkdirSync(path);
    symlinkSync(ping.find((one) => readable(one)) ?? "", join(path, "ping"));
    const config = await folder.write(
      "ping.yml",
      "modules: { ping: { prober: icmp } }\ntargets: [{ name: lo, module: ping, target: 127.0.0.1 }]",
    );
    const { url, process: exporter } = await serve([`--config.file=${config}`], { PATH: path });
    await using _ = exporter;
    await waitUntil("an answer", async () => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return valueOf(text, "probe_success", { target: "lo" }) === 1 ? true : undefined;
    });
    const [child = ""] = (await run(["ps", "-o", "pid=", "--ppid", String(exporter.pid)])).stdout
      .trim()
      .split(/\s+/);
    const command = readFileSync(`/proc/${child}/cmdline`, "utf8");
    expect(command).toBe(`${file}\0`);
    exporter.kill("SIGTERM");
    expect(await exporter.exited).toEqual({ code: 0, signal: null });
    await waitUntil("the end of the launcher", () => (readable(`/proc/${child}/cmdline`) ? undefined : true));
  });

  test("has the client for Kubernetes in it", async () => {
    const kubeconfig = await folder.write(
      "kubeconfig",
      `apiVersion: v1
kind: Config
current-context: test
contexts: [{ name: test, context: { cluster: test, user: test } }]
clusters: [{ name: test, cluster: { server: "http://127.0.0.1:1" } }]
users: [{ name: test, user: {} }]
`,
    );
    const config = await folder.write(
      "lease.yml",
      `modules: { lease: { prober: kubernetes_lease, kubernetes_lease: { kubeconfig: ${kubeconfig} } } }
targets: [{ name: kcp, module: lease, target: kcp/syncer }]
`,
    );
    const probe = await single(["probe", `--config.file=${config}`]);
    expect(probe).toMatchObject({ code: 1, stderr: "" });
    expect(probe.stdout).toContain("ECONNREFUSED 127.0.0.1:1");
  });

  test("starts soon, and is small at rest", async () => {
    const config = await folder.write("rest.yml", "modules: { web: { prober: http } }");
    const { process: exporter } = await serve([`--config.file=${config}`]);
    await using _ = exporter;
    const stat = readFileSync(`/proc/${exporter.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    const cpu = (Number(stat[11]) + Number(stat[12])) / 100;
    const [, rss = ""] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${exporter.pid}/status`, "utf8")) ?? [];
    console.log(`single executable: ${cpu} s of CPU to listen, RSS ${(Number(rss) / 1024).toFixed(0)} MiB`);
    expect(cpu).toBeLessThan(seconds(3));
    expect(Number(rss)).toBeLessThan(200 * 1024);
  });
});

test("is built for other processors, too", async () => {
  await using folder = await temporaryFolder();
  const other = process.arch === "arm64" ? "x64" : "arm64";
  const bytes = readFileSync(await buildSingleFile(folder.path, other));
  // The field e_machine of ELF.
  expect(bytes.readUInt16LE(18)).toBe(other === "arm64" ? 183 : 62);
  expect(bytes.includes("NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1")).toBe(true);
  expect(bytes.includes("# HeartbeatTargetDown")).toBe(true);
  const licenses = readFileSync(join(folder.path, `heartbeat-exporter-${other}.licenses.txt`), "utf8");
  for (const text of ["express ", "Node.js is licensed for use as follows"]) expect(licenses).toContain(text);
});

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
