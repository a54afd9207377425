import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { parse } from "yaml";
import { runMain } from "../helpers/exporter.ts";
import { startLlama } from "../helpers/llama.ts";
import { run } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, object>>;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));

/**
 * Checks the compose file without Docker: every mounted file exists, each program accepts its configuration, the model
 * container's command writes a model that answers, and names and ports match.
 */
export async function testCompose(): Promise<void> {
  const { services, volumes } = parse(readFileSync(`${FOLDER}/compose.yaml`, "utf8")) as Compose;
  expect(Object.keys(services).toSorted()).toEqual([
    "alertmanager",
    "exporter",
    "grafana",
    "llm",
    "model",
    "prometheus",
  ]);
  for (const [name, service] of Object.entries(services)) checkService(name, service, services, volumes);
  const mounted = Object.values(services).flatMap((service) => mountsOf(service).map(({ source }) => source));
  for (const file of readdirSync(`${FOLDER}/compose`)) expect(mounted).toContain(`${FOLDER}/compose/${file}`);

  checkState(services);
  await using folder = await temporaryFolder();
  await checkModel(services["model"], folder);
  await checkConfigurations(services, folder);
  checkProvisioning(services["grafana"]);
}

interface Mount {
  readonly source: string;
  readonly target: string;
}

/** Returns the files and folders of the repository that a container mounts, without named volumes. */
const mountsOf = ({ volumes = [] }: Service): readonly Mount[] =>
  volumes.flatMap((volume) => {
    const [source = "", target = ""] = volume.split(":");
    return source.startsWith(".") ? [{ source: resolve(FOLDER, source), target }] : [];
  });

function checkService(
  name: string,
  service: Service,
  services: Compose["services"],
  volumes: Compose["volumes"],
): void {
  for (const { source } of mountsOf(service)) {
    expect({ name, source, there: existsSync(source) }).toEqual({ name, source, there: true });
  }
  for (const volume of service.volumes ?? []) {
    const [source = ""] = volume.split(":");
    if (!source.startsWith(".")) expect(Object.keys(volumes)).toContain(source);
  }
  const dependencies = Array.isArray(service.depends_on)
    ? service.depends_on
    : Object.keys(service.depends_on ?? {});
  for (const name of dependencies) expect(Object.keys(services)).toContain(name);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
  expect(service.image).not.toMatch(/:latest$/);
}

/** Returns the path in the repository of a path in a container. */
function repositoryPath(service: Service | undefined, path: string): string {
  const mount =
    service === undefined ? undefined : mountsOf(service).find(({ target }) => path.startsWith(target));
  if (mount === undefined) throw new Error(`${path} is not mounted`);
  return join(mount.source, path.slice(mount.target.length));
}

/** Checks that the folder in which the image keeps its store is a named volume. */
function checkState({ exporter }: Compose["services"]): void {
  const dockerfile = readFileSync(`${FOLDER}/../Dockerfile`, "utf8");
  const volume = /^VOLUME (\S+)$/m.exec(dockerfile)?.[1];
  expect(dockerfile).toMatch(new RegExp(`^ENV HEARTBEAT_STORAGE_PATH=${volume}/store.db$`, "m"));
  expect(exporter?.volumes).toContain(`exporter:${volume}`);
  expect(exporter?.environment).toBeUndefined();
  expect(exporter).toMatchObject({ read_only: true, tmpfs: ["/tmp"] });
}

async function checkModel(service: Service | undefined, folder: TemporaryFolder): Promise<void> {
  const [node, ...args] = service?.command ?? [];
  expect(node).toBe("node");
  const localArgs = args.map((word) =>
    word
      .replaceAll("/models/", `${folder.path}/`)
      .replaceAll("/model/tiny-model.ts", repositoryPath(service, "/model/tiny-model.ts")),
  );
  expect(await run([process.execPath, ...localArgs])).toMatchObject({ code: 0, stderr: "" });
  expect(statSync(join(folder.path, "tiny.gguf")).size).toBeGreaterThan(1e6);
  await using llama = await startLlama({ model: join(folder.path, "tiny.gguf") });
  const answer = await fetch(`${llama.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content: "well?" }] }),
  });
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "HEALTHY" } }] });
}

async function checkConfigurations(services: Compose["services"], folder: TemporaryFolder): Promise<void> {
  const { exporter, prometheus, alertmanager } = services;
  const [flag = ""] = exporter?.command ?? [];
  const configFile = repositoryPath(exporter, flag.replace("--config.file=", ""));
  await using check = runMain([`--config.file=${configFile}`, "--config.check"]);
  expect(await check.exited).toMatchObject({ code: 0 });
  const { targets } = parse(readFileSync(configFile, "utf8")) as { targets: { target: string }[] };
  for (const { target } of targets) expect(Object.keys(services)).toContain(new URL(target).hostname);

  const text = readFileSync(repositoryPath(prometheus, "/etc/prometheus/prometheus.yml"), "utf8");
  const rules = "/etc/prometheus/rules";
  const localText = text.replaceAll(rules, repositoryPath(prometheus, rules));
  const config = await folder.write("prometheus.yml", localText);
  const promtool = await runTool("promtool", "newest", ["check", "config", config]);
  expect(promtool).toMatchObject({ code: 0, stdout: expect.stringMatching(/targets\.rules\.yml/) });
  for (const [, host = "", port] of text.matchAll(/targets: \["([^:"]+):(\d+)"\]/g)) {
    expect(services[host]?.ports).toEqual([`127.0.0.1:${port}:${port}`]);
  }

  const routes = repositoryPath(alertmanager, "/etc/alertmanager/alertmanager.yml");
  expect(await runTool("amtool", "newest", ["check-config", routes])).toMatchObject({ code: 0 });
}

/** Checks that Grafana's provisioning finds the dashboards and the Prometheus. */
function checkProvisioning(grafana: Service | undefined): void {
  const read = (path: string): unknown =>
    parse(readFileSync(repositoryPath(grafana, `/etc/grafana/provisioning/${path}`), "utf8"));
  const { providers } = read("dashboards/heartbeat-exporter.yml") as {
    providers: { options: { path: string } }[];
  };
  for (const { options } of providers)
    expect(readdirSync(repositoryPath(grafana, options.path))).toContain("overview.json");
  expect(read("datasources/prometheus.yml")).toMatchObject({
    datasources: [{ type: "prometheus", url: "http://prometheus:9090" }],
  });
}
