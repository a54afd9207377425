import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { createStandIn } from "../../src/demo/stand-in.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, type Running, start, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { tool } from "../helpers/tools.ts";

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));
const read = (name: string): string => readFileSync(`${FOLDER}/${name}`, "utf8");

/** An exporter with the route `chat` over two models, of which the preferred one can fail. */
interface RoutedModels extends AsyncDisposable {
  readonly exporter: ExporterProcess;
  /** Addresses of the models, `host:port`. */
  readonly hosts: { readonly openai: string; readonly ollama: string };
  fail(isDown: boolean): void;
  /** Waits until the route uses a member. */
  uses(member: "openai" | "ollama"): Promise<void>;
}

async function startModels(more = ""): Promise<RoutedModels> {
  await using resources = new AsyncDisposableStack();
  const standIn = createStandIn({ faults: false });
  let isDown = false;
  const model = (name: string, fails: () => boolean) =>
    serveHttp((request, response) => {
      if (fails()) response.writeHead(503).end();
      else if (request.url === "/name") response.end(name);
      else standIn.emit("request", request, response);
    });
  const openai = resources.use(await model("openai", () => isDown));
  const ollama = resources.use(await model("ollama", () => false));
  const target = (name: string, host: string): string =>
    `  - { name: ${name}, module: chat, target: "http://${host}/v1", model: demo-model, interval: 1s, failure_threshold: 1, healthy_threshold: 1, failover: true }\n`;
  const exporter = resources.use(
    await startExporter({
      yaml: `modules: { chat: { prober: llm, timeout: 900ms, llm: { api: openai } } }
targets:
${target("openai", openai.host)}${target("ollama", ollama.host)}
routes: [{ name: chat, order: [openai, ollama], prefer_back_after: 1s, min_dwell: 1s }]
${more}`,
    }),
  );
  const uses: RoutedModels["uses"] = async (member) => {
    await waitUntil(`the route to use ${member}`, async () => {
      const { use, why } = (await exporter.json("/route/chat")) as {
        use: string;
        why: readonly { usable: boolean }[];
      };
      return use === member && why.at(1)?.usable === true ? true : undefined;
    });
  };
  await uses("openai");
  const owned = resources.move();
  return {
    exporter,
    hosts: { openai: openai.host, ollama: ollama.host },
    uses,
    fail(down) {
      isDown = down;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Checks the choices that a program prints while the preferred model fails and recovers, and the exporter is away. */
export async function checkFollower(argv: (url: string) => readonly string[]): Promise<void> {
  await using models = await startModels();
  await using program = start(argv(models.exporter.url), { cwd: `${FOLDER}/..` });
  await program.waitForOutput(/openai/);
  models.fail(true);
  await program.waitForOutput(/ollama/);
  models.fail(false);
  await program.waitForOutput(/ollama[^]*openai/);
  expect(program.stdout()).toContain(models.hosts.openai);
}

/** Runs a proxy with a configuration of the examples, and checks that it follows the route. */
async function checkProxy(models: RoutedModels, proxy: Running, port: number): Promise<void> {
  const served = async (): Promise<string> => {
    try {
      return await (await fetch(`http://127.0.0.1:${port}/name`)).text();
    } catch {
      return proxy.output();
    }
  };
  const serves = (name: string) =>
    waitUntil(`the proxy to use ${name}`, async () => ((await served()) === name ? true : undefined));
  await serves("openai");
  models.fail(true);
  await serves("ollama");
  models.fail(false);
  await serves("openai");
}

/** HAProxy asks `/route/chat/ready` as the health check of each backend. */
export async function testHaproxy(): Promise<void> {
  await using models = await startModels();
  await using folder = await temporaryFolder();
  const port = await freePort();
  const config = read("routes/haproxy.cfg")
    .replaceAll("openai.internal:8080", models.hosts.openai)
    .replaceAll("ollama.internal:11434", models.hosts.ollama)
    .replaceAll("heartbeat-exporter port 8091", `127.0.0.1 port ${new URL(models.exporter.url).port}`)
    .replaceAll("bind :8000", `bind 127.0.0.1:${port}`);
  const { argv } = tool("haproxy", "newest");
  const file = await folder.write("haproxy.cfg", config);
  await using proxy = start([...argv, "-db", "-f", file], { cwd: folder.path });
  await checkProxy(models, proxy, port);
}

/** A script follows the route, and writes the upstream of nginx. */
export async function testNginx(): Promise<void> {
  await using models = await startModels();
  await using folder = await temporaryFolder();
  const port = await freePort();
  await folder.write("upstreams/chat.conf", `upstream chat { server ${models.hosts.openai}; }\n`);
  const config = read("routes/nginx.conf")
    .replace("events {}", `events {}\npid ${folder.path}/nginx.pid;\nerror_log stderr;`)
    .replace(
      "http {",
      `http {\n  access_log off;\n${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${folder.path}/${name};\n`).join("")}`,
    )
    .replace("listen 8000", `listen 127.0.0.1:${port}`);
  const file = await folder.write("nginx.conf", config);
  const { argv } = tool("nginx", "newest");
  await using proxy = start([...argv, "-g", "daemon off; user root;", "-e", "stderr", "-c", file], {
    cwd: folder.path,
  });
  const script = await folder.write(
    "nginx-route.sh",
    read("routes/nginx-route.sh")
      .replace("openai.internal:8080", models.hosts.openai)
      .replace("ollama.internal:11434", models.hosts.ollama),
  );
  const reload = `kill -HUP $(cat ${folder.path}/nginx.pid)`;
  await using follower = start([
    "sh",
    script,
    models.exporter.url,
    "chat",
    `${folder.path}/upstreams/chat.conf`,
    reload,
  ]);
  await checkProxy(models, proxy, port);
  expect(follower.stderr()).toBe("");
}

/** The configuration is valid, and describes what docs/routes.md says. */
export async function testRoutes(): Promise<void> {
  await using exporter = await startExporter({
    yaml: read("routes/exporter.yml").replaceAll(/https?:\/\/(api|ollama)[^,]*/g, "http://127.0.0.1:1"),
    files: { "control-token": "token", "openai-key": "sk-of-the-test", "anthropic-key": "sk-of-the-test" },
  });
  expect(await exporter.json("/route/chat")).toMatchObject({
    route: "chat",
    policy: { order: ["openai", "anthropic", "ollama"], when_none: "last", max_cost: 10 },
  });
}
