import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import bcrypt from "bcryptjs";
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { type Docker, dockerWithImage, IMAGE_DEADLINE, waitForHealth } from "../helpers/docker.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";
import { testContents } from "./contents.ts";
import { dockerBlocks, imageOf, runsInForeground } from "./documented-commands.ts";

// A real Docker engine builds the image and runs it.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IMAGE = "heartbeat-exporter";
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The command that README builds the image by. */
const buildCommand =
  dockerBlocks("README.md")
    .flatMap(({ commands }) => commands)
    .find((command) => command.startsWith("docker build ")) ?? "";

let docker: Docker;
let folder: TemporaryFolder;

beforeAll(async () => {
  if (buildCommand !== "docker build -t heartbeat-exporter .")
    throw new Error(`README.md: got ${JSON.stringify(buildCommand)}, want a command that builds the image`);
  docker = await dockerWithImage(buildCommand.split(" ").slice(0, -1));
}, IMAGE_DEADLINE * 1000);
afterAll(() => docker[Symbol.asyncDispose]());

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Removes all containers; their named volumes stay. */
async function removeContainers(): Promise<void> {
  const all = (await docker.docker("ps", "--all", "--quiet")).split("\n").filter(Boolean);
  if (all.length > 0) await docker.docker("rm", "--force", "--volumes", ...all);
}
afterEach(removeContainers);

/** Starts a container in the background and returns its number. */
const runImage = (options: readonly string[], args: readonly string[] = []): Promise<string> =>
  docker.docker("run", "--detach", ...options, IMAGE, ...args);

/** Sends GET to a port of the machine and returns the body; `undefined` unless the status is 2xx. */
async function get(url: string, ...options: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await docker.onHost(["curl", "-sSf", "--max-time", "5", ...options, url]);
  return code === 0 ? stdout : undefined;
}

/** Like {@link get}, until there is an answer. */
const getUntil = (url: string, ...options: readonly string[]): Promise<string> =>
  waitUntil(`an answer from ${url}`, () => get(url, ...options));

const logsOf = async (container: string): Promise<string> => {
  const { stdout, stderr } = await docker.onHost(["docker", "logs", container]);
  return stdout + stderr;
};

/** The configuration that README shows. */
const readmeConfig =
  /```yaml\n# examples\/exporter\.yml\n(.*?)```/s.exec(read("README.md"))?.[1] ??
  read("examples/exporter.yml");

describe("a documented command", () => {
  const blocks = PAGES.flatMap(dockerBlocks).filter(({ commands }) =>
    commands.some((command) => !command.startsWith("docker build ")),
  );

  it.each(blocks.map(({ page, commands }) => ({ page, commands, name: commands.at(-1) ?? "" })))(
    "of $page works as it stands: $name",
    async ({ commands }) => {
      await using work = await temporaryFolder();
      await work.write("exporter.yml", readmeConfig);
      await work.write("openai.key", "not-a-real-key\n");
      const options = { cwd: work.path };
      for (const command of commands.filter((one) => !one.startsWith("docker build "))) {
        const image = imageOf(command);
        if (image !== undefined && image !== IMAGE) await docker.docker("tag", IMAGE, image);
        if (runsInForeground(command)) {
          await using running = docker.startOnHost(["sh", "-c", `exec ${command}`], options);
          await running.waitForOutput(/heartbeat-exporter listens/);
          const port = /-p (?:[\d.]+:)?(\d+):/.exec(command)?.[1];
          expect(await getUntil(`http://127.0.0.1:${port}/-/ready`)).toBe("Ready\n");
          expect(running.output()).not.toMatch(/level=error/);
          await removeContainers();
        } else {
          const { code, stdout, stderr } = await docker.onHost(["sh", "-c", command], options);
          expect({ command, code, stderr: code === 0 ? "" : stdout + stderr }).toEqual({
            command,
            code: 0,
            stderr: "",
          });
        }
        if (command.startsWith("docker run -d ")) await getUntil("http://127.0.0.1:8091/-/ready");
      }
    },
  );
});

describe("the health check", () => {
  const server = makeCertificate({ subject: [["CN", "localhost"]], names: ["DNS:localhost"] });
  const client = makeCertificate({ subject: [["CN", "client"]] });
  const mounted = (): string[] => ["--volume", `${folder.path}:/files:ro`];

  beforeAll(async () => {
    await folder.write("web-cert.pem", server.cert);
    await folder.write("web-key.pem", server.key);
    await folder.write("client-ca.pem", client.cert);
    const tls = "tls_server_config: { cert_file: web-cert.pem, key_file: web-key.pem";
    await folder.write("tls.yml", `${tls} }\n`);
    await folder.write(
      "client.yml",
      `${tls}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: client-ca.pem }\n`,
    );
    await folder.write("users.yml", `basic_auth_users: { prometheus: "${bcrypt.hashSync("open", 4)}" }\n`);
    await docker.onHost(["chmod", "-R", "a+rX", folder.path]);
  });

  it.each<{ name: string; options?: string[]; args?: string[] }>([
    { name: "the defaults" },
    { name: "CONTEXT_API_PORT", options: ["--env=CONTEXT_API_PORT=9000"] },
    { name: "another address", args: ["--web.listen-address=127.0.0.1:7777"] },
    { name: "a unix socket", args: ["--web.listen-address=unix:///tmp/exporter.sock"] },
    { name: "a prefix", args: ["--web.external-url=https://example.com/heartbeat/"] },
    { name: "HTTPS", args: ["--web.config.file=/files/tls.yml"] },
    { name: "client certificates", args: ["--web.config.file=/files/client.yml"] },
    { name: "basic authentication", args: ["--web.config.file=/files/users.yml"] },
    { name: "--init", options: ["--init"] },
    {
      name: "a read-only file system without /tmp, another user and no capabilities",
      options: ["--read-only", "--user=1000650000:0", "--cap-drop=ALL"],
    },
    { name: "the network of the machine", options: ["--network=host"] },
  ])("passes with $name", async ({ options = [], args = [] }) => {
    const container = await runImage(["--health-interval=1s", ...mounted(), ...options], ["--demo", ...args]);
    await waitForHealth(docker, container, "healthy");
    expect(await logsOf(container)).not.toMatch(/level=(?:warn|error)/);
  });

  it("is no login that failed", async () => {
    const container = await runImage(
      ["--publish=8091:8091", "--health-interval=1s", ...mounted()],
      ["--demo", "--web.config.file=/files/users.yml"],
    );
    await waitForHealth(docker, container, "healthy");
    const metrics = await getUntil("http://127.0.0.1:8091/metrics", "--user", "prometheus:open");
    expect(metrics).not.toMatch(/^heartbeat_exporter_auth_failures_total\{.*\} [1-9]/m);
  });

  it("fails when the exporter hangs", async () => {
    const container = await runImage(["--health-interval=1s", "--health-retries=1"], ["--demo"]);
    await waitForHealth(docker, container, "healthy");
    await docker.docker("kill", "--signal=STOP", container);
    await waitForHealth(docker, container, "unhealthy");
    const log = await docker.docker("inspect", "--format={{json .State.Health.Log}}", container);
    expect(log).toContain("the exporter has not answered for 3 s");
  });

  it("tells two containers in one network apart", async () => {
    const options = ["--network=host", "--health-interval=1s", "--health-retries=1"];
    const one = await runImage(options, ["--demo"]);
    const two = await runImage(options, ["--demo", "--web.listen-address=:8092"]);
    for (const container of [one, two]) await waitForHealth(docker, container, "healthy");
    await docker.docker("kill", "--signal=STOP", one);
    await waitForHealth(docker, one, "unhealthy");
    expect(await docker.docker("inspect", "--format={{.State.Health.Status}}", two)).toBe("healthy");
  });
});

describe("a container", () => {
  it("takes its configuration from the environment, with the port", async () => {
    await runImage([
      "--publish=8091:9000",
      "--env=HEARTBEAT_LLM_URL=http://llm:8080/v1",
      "--env=HEARTBEAT_LLM_MODEL=gpt-oss-20b",
      "--env=CONTEXT_API_PORT=9000",
    ]);
    expect(await getUntil("http://127.0.0.1:8091/config")).toContain("model: gpt-oss-20b");
  });

  it("keeps its state over docker rm, with the same volume", async () => {
    const options = [
      "--volume=kept:/data",
      "--publish=8091:8091",
      "--env=HEARTBEAT_PING_TOKEN=token-of-the-test",
    ];
    const seen = async (): Promise<number | undefined> =>
      valueOf(await getUntil("http://127.0.0.1:8091/metrics"), "heartbeat_last_seen_timestamp_seconds", {
        heartbeat: "web-1",
      });
    const first = await runImage(options);
    await getUntil("http://127.0.0.1:8091/ping/web-1", "--header", "Authorization: Bearer token-of-the-test");
    const before = await seen();
    expect(before).toBeGreaterThan(0);
    await docker.docker("stop", first);
    await docker.docker("rm", first);
    await runImage(options);
    expect(await seen()).toBe(before);
  });

  it.each([
    { name: "its own user", options: [] },
    { name: "another user", options: ["--user=4711"] },
    { name: "another user and group", options: ["--user=4711:4711"] },
    { name: "a user as OpenShift chooses it", options: ["--user=1000650000:0"] },
  ])("stores its state as $name, with a read-only root and no capabilities", async ({ options }) => {
    const container = await runImage(
      ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--publish=8091:8091", ...options],
      ["--demo"],
    );
    const metrics = await getUntil("http://127.0.0.1:8091/metrics");
    expect(valueOf(metrics, "heartbeat_exporter_store_up", {})).toBe(1);
    expect(await docker.docker("exec", container, "stat", "--format=%a", "/data/store.db")).toBe("600");
    expect(await logsOf(container)).not.toMatch(/level=(?:warn|error)/);
  });

  it("works from memory, and says so, when it may not write to its volume", async () => {
    const data = join(folder.path, "of-root");
    await docker.onHost(["install", "--directory", "--mode=755", "--owner=root", data]);
    const container = await runImage(["--volume", `${data}:/data`, "--publish=8091:8091"], ["--demo"]);
    const metrics = await getUntil("http://127.0.0.1:8091/metrics");
    expect(valueOf(metrics, "heartbeat_exporter_store_up", {})).toBe(0);
    expect(await logsOf(container)).toMatch(
      /level=error msg="the store cannot be written; state is kept in memory only" path=\/data\/store.db/,
    );
  });

  it("keeps everything in memory with an empty HEARTBEAT_STORAGE_PATH", async () => {
    const container = await runImage(["--env=HEARTBEAT_STORAGE_PATH="], ["--demo"]);
    await waitUntil("the start", async () => (await logsOf(container)).includes("listens") || undefined);
    expect(await docker.docker("exec", container, "ls", "/data")).toBe("");
  });

  it("ends with code 0 soon after SIGTERM", async () => {
    const container = await runImage(["--publish=8091:8091"], ["--demo"]);
    await getUntil("http://127.0.0.1:8091/-/ready");
    const begin = performance.now();
    await docker.docker("stop", container);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(await docker.docker("inspect", "--format={{.State.ExitCode}}", container)).toBe("0");
  });

  it("reads long configurations and stores history in threads of its own", async () => {
    const targets = Array.from(
      { length: 300 },
      (_, i) => `  - { name: target-${i}, module: web, target: "http://127.0.0.1:9/${i}" }\n`,
    ).join("");
    const file = await folder.write("long.yml", `modules: { web: { prober: http } }\ntargets:\n${targets}`);
    await runImage(
      ["--publish=8091:8091", "--volume", `${file}:/exporter.yml:ro`],
      ["--config.file=/exporter.yml"],
    );
    expect(await getUntil("http://127.0.0.1:8091/config")).toContain("name: target-299");
  });

  describe("pings hosts", () => {
    it.each([
      { name: "with NET_RAW", options: ["--sysctl=net.ipv4.ping_group_range=1 0"], up: 1 },
      { name: "without NET_RAW, by the sysctl", options: ["--cap-drop=ALL"], up: 1 },
      {
        name: "not without both, and says why",
        options: ["--cap-drop=ALL", "--sysctl=net.ipv4.ping_group_range=1 0"],
        up: 0,
      },
    ])("$name", async ({ options, up }) => {
      const file = await folder.write("icmp.yml", "modules: { icmp: { prober: icmp, timeout: 5s } }\n");
      await runImage(
        ["--publish=8091:8091", "--volume", `${file}:/exporter.yml:ro`, ...options],
        ["--config.file=/exporter.yml"],
      );
      await getUntil("http://127.0.0.1:8091/-/ready");
      const metrics = await getUntil("http://127.0.0.1:8091/probe?module=icmp&target=127.0.0.1");
      expect(valueOf(metrics, "probe_success", {})).toBe(up);
      if (up === 0) expect(metrics).toContain('reason="prober_unavailable"');
    });
  });
});

test("Prometheus loads the rules that the image packs, by the documented lines", async () => {
  const block = dockerBlocks("docs/container.md").find(({ commands }) => commands.at(-1)?.includes(" pack "));
  const packed = await docker.onHost(["sh", "-ec", block?.commands.join("\n") ?? "exit 1"], {
    cwd: folder.path,
  });
  expect(packed).toMatchObject({ code: 0, stderr: "" });
  const lines = /^rule_files:\n(?: {2}- .*\n)+/m.exec(read("docs/alerting.md"))?.[0] ?? "";
  const config = lines.replaceAll("/etc/prometheus/heartbeat", join(folder.path, "heartbeat"));
  expect(config).not.toBe(lines);
  const file = await folder.write("prometheus.yml", config);
  const { code, stdout } = await runTool("promtool", "newest", ["check", "config", file]);
  expect(code).toBe(0);
  const counts = [...stdout.matchAll(/SUCCESS: (\d+) rules found/g)].map(([, count]) => Number(count));
  const count = counts.reduce((sum, one) => sum + one, 0);
  expect(count).toBeGreaterThan(100);

  await using prometheus = await startPrometheus({ version: "newest", config });
  const { groups } = (await prometheus.api("rules")) as { groups: { rules: unknown[] }[] };
  expect(groups.flatMap(({ rules }) => rules)).toHaveLength(count);
});

test("the image has labels", async () => {
  const { version, description, license } = JSON.parse(read("package.json")) as Record<string, string>;
  const labels = JSON.parse(
    await docker.docker("inspect", "--format={{json .Config.Labels}}", IMAGE),
  ) as object;
  expect(labels).toMatchObject({
    "org.opencontainers.image.title": "heartbeat-exporter",
    "org.opencontainers.image.description": description,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": license,
  });
});

test("the image is small", async () => {
  const sizeOf = async (image: string): Promise<number> =>
    Number(await docker.docker("inspect", "--format={{.Size}}", image)) / 1e6;
  const added = (await sizeOf(IMAGE)) - (await sizeOf("node:24-slim"));
  console.log(`the image adds ${added.toFixed(1)} MB to its base`);
  const documented = /adds less than (\d+) MB/.exec(read("docs/container.md"))?.[1];
  expect(added).toBeLessThan(Number(documented));
});

testContents(async (target) => {
  const container = await docker.docker("create", IMAGE);
  await docker.docker("cp", `${container}:/app`, target);
  await docker.docker("rm", container);
});
