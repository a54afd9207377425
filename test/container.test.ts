import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { seconds } from "../src/core/units.ts";
import { freePort, type Running, run, start } from "./helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";

// Tests run without Docker: this executes the instructions of the Dockerfile in folders, one per stage, with the same
// programs, and starts the result as the image would be started. It does not test the base image.

const repository = fileURLToPath(new URL("..", import.meta.url));

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions, without comments and with continued lines joined. */
const instructions: readonly Instruction[] = readFileSync(join(repository, "Dockerfile"), "utf8")
  .split("\n")
  .filter((line) => !line.startsWith("#"))
  .join("\n")
  .replaceAll("\\\n", " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => {
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name, rest };
  });

const ignoreLines = readFileSync(join(repository, ".dockerignore"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
/** Paths that are not in the build context although a folder around them is copied. */
const leftOut = new Set(
  ignoreLines.filter((line) => !/^[!*]/.test(line)).map((line) => join(repository, line)),
);

/** An executed stage: its file system, and its instructions about running the image. */
interface Stage {
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
  readonly settings: Record<string, string>;
}

/** The environment of a build: variables to reach the registry, but none of npm, vitest or this test. */
const buildEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|config_local_prefix|command)|NODE_(ENV|OPTIONS)$|VITEST|TEST$|CI$)/.test(
        name,
      ),
  ),
);

/** The search path with Node.js 24 and its npm, as in the base image. */
const nodePath = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;

/** Executes the Dockerfile below `folder`. */
async function build(
  folder: string,
): Promise<{ final: Stage; copiedFromContext: string[]; installing: string[] }> {
  const stages = new Map<string, Stage>();
  const copiedFromContext: string[] = [];
  const installing: string[] = [];
  let stage: Stage | undefined;
  for (const { name, rest } of instructions) {
    if (name === "FROM") {
      const alias = / AS (\S+)$/.exec(rest)?.[1] ?? "final";
      const root = join(folder, alias);
      stage = { root, workdir: "/", env: {}, settings: {} };
      stages.set(alias, stage);
      expect(rest).toMatch(/^node:24-slim( |$)/);
      continue;
    }
    if (stage === undefined) throw new Error(`${name} before FROM`);
    const inStage = (path: string): string => join(stage?.root ?? "", path);
    switch (name) {
      case "WORKDIR":
        stage.workdir = posix.resolve(stage.workdir, rest);
        mkdirSync(inStage(stage.workdir), { recursive: true });
        break;
      case "ENV": {
        const [key = "", value = ""] = rest.split("=");
        stage.env[key] = value;
        break;
      }
      case "COPY": {
        const from = /^--from=(\S+) /.exec(rest)?.[1];
        const words = rest.replace(/^--from=\S+ /, "").split(/\s+/);
        const target = words.pop() ?? "";
        const sourceRoot = from === undefined ? repository : stages.get(from)?.root;
        if (sourceRoot === undefined) throw new Error(`no stage ${from}`);
        if (from === undefined) copiedFromContext.push(...words);
        for (const word of words) {
          const place = target.endsWith("/") ? posix.join(target, posix.basename(word)) : target;
          cpSync(join(sourceRoot, word), inStage(posix.resolve(stage.workdir, place)), {
            recursive: true,
            verbatimSymlinks: true,
            filter: (source) => !leftOut.has(source),
          });
        }
        break;
      }
      case "RUN": {
        // It would install on this machine.
        if (rest.startsWith("apt-get ")) {
          installing.push(rest);
          break;
        }
        const { code, stdout, stderr } = await run(["sh", "-c", rest], {
          cwd: inStage(stage.workdir),
          env: { ...buildEnvironment, PATH: nodePath, npm_config_prefer_offline: "true", ...stage.env },
          deadline: seconds(200),
        });
        if (code !== 0) throw new Error(`RUN ${rest} ended with ${code}\n${stdout}${stderr}`);
        break;
      }
      default:
        stage.settings[name] = rest;
    }
  }
  const final = stages.get("final");
  if (final === undefined) throw new Error("no stage without a name at the end");
  return { final, copiedFromContext, installing };
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

const execForm = (text: string | undefined): string[] => {
  const words: unknown = JSON.parse(text ?? "null");
  if (!Array.isArray(words)) throw new Error(`not in exec form: ${text}`);
  return words.map(String);
};

describe("the container image", () => {
  let folder: TemporaryFolder;
  let image: Stage;
  let app: string;
  let copiedFromContext: string[];
  let installing: string[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    ({ final: image, copiedFromContext, installing } = await build(folder.path));
    app = join(image.root, image.workdir);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const startImage = async (
    port: number,
    yaml = "modules: { http_2xx: { prober: http } }\n",
  ): Promise<Running> => {
    const config = await folder.write("exporter.yml", yaml);
    const [program, ...words] = [
      ...execForm(image.settings["ENTRYPOINT"]),
      ...execForm(image.settings["CMD"]),
    ];
    expect(program).toBe("node");
    return start(
      [process.execPath, ...words, `--web.listen-address=127.0.0.1:${port}`, `--config.file=${config}`],
      { cwd: app, env: { PATH: nodePath, ...image.env } },
    );
  };

  test("is healthy by its own health check, and ends with code 0 on SIGTERM", async () => {
    const port = await freePort();
    const exposed = image.settings["EXPOSE"] ?? "";
    const check = execForm(/CMD (\[.*\])$/.exec(image.settings["HEALTHCHECK"] ?? "")?.[1]).map((word) =>
      word.replaceAll(`:${exposed}/`, `:${port}/`),
    );
    const isHealthy = async (): Promise<boolean> =>
      (await run(check, { cwd: app, env: { PATH: nodePath } })).code === 0;

    await using exporter = await startImage(port);
    await exporter.waitForHttp(`http://127.0.0.1:${port}/-/healthy`);
    expect(await isHealthy()).toBe(true);
    expect(await exporter.stop()).toStrictEqual({ code: 0, signal: null });
    expect(await isHealthy()).toBe(false);
  });

  test("exposes the default port and does not run as root", () => {
    expect(image.settings).toMatchObject({ EXPOSE: "8091", USER: "node" });
  });

  test("contains the program and nothing else", () => {
    expect(readdirSync(app).toSorted()).toStrictEqual([
      "alertmanager",
      "compiled",
      "dashboards",
      "dist",
      "docs",
      "grafana",
      "package.json",
      "rules",
    ]);
    for (const path of leftOut) expect(existsSync(join(app, path.slice(repository.length)))).toBe(false);
    const chunk = /^\w[\w.-]*-[\w-]{8}\.js$/;
    // What browsers load; the name has a hash of the content.
    const asset = /^page\/assets\/(chart|icon|page)-[\w-]+\.(js|svg|css)$/;
    expect(
      filesBelow(join(app, "dist"))
        .filter((file) => !chunk.test(file) && !asset.test(file))
        .toSorted(),
    ).toStrictEqual([
      "THIRD-PARTY-LICENSES.txt",
      "cli/config-worker.js",
      "client/index.js",
      "main.js",
      "page/assets/manifest.json",
      "plugin.js",
      "probers/icmp/launcher-process.js",
      "server/front/bcrypt-worker.js",
      "store/worker.js",
    ]);
  });

  test("contains the compiled code of what a start loads", () => {
    const modules = readdirSync(join(app, "dist")).filter((file) => file.endsWith(".js"));
    expect(filesBelow(join(app, "compiled")).length).toBeGreaterThan(modules.length / 2);
  });

  test("names the packages whose code it bundles, with their licenses", () => {
    const text = readFileSync(join(app, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["ajv", "express", "got", "pino", "prom-client", "re2js", "yaml"]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|ISC|Apache-2\\.0)\\)$`, "m"));
    }
    expect(text).toContain("Permission is hereby granted, free of charge");
  });

  test("reads long configurations and stores history in threads of its own", async () => {
    const port = await freePort();
    const targets = Array.from(
      { length: 300 },
      (_, i) => `  - { name: target-${i}, module: web, target: "http://127.0.0.1:9/${i}" }\n`,
    ).join("");
    const yaml = `modules: { web: { prober: http } }\nstorage: { path: history.db }\ntargets:\n${targets}`;
    await using exporter = await startImage(port, yaml);
    await exporter.waitForHttp(`http://127.0.0.1:${port}/-/ready`);
    const shown = await (await fetch(`http://127.0.0.1:${port}/config`)).text();
    expect(shown).toContain("name: target-299");
  });

  test("installs ping without setuid, with a capability that it starts without", () => {
    expect(installing).toHaveLength(1);
    const [script = ""] = installing;
    expect(script).toMatch(/install -y --no-install-recommends iputils-ping libcap2-bin +&& chmod u-s /);
    // With `e` or `i`, ping could not be started in a container that drops NET_RAW.
    expect(script).toMatch(/&& setcap cap_net_raw\+p "\$\(command -v ping\)"/);
    expect(script).toMatch(/purge -y --auto-remove libcap2-bin +&& rm -rf \/var\/lib\/apt\/lists\/\*$/);
  });

  test("starts ping by a process of its own", async () => {
    const port = await freePort();
    await using exporter = await startImage(port, "modules: { icmp: { prober: icmp, timeout: 20s } }\n");
    await exporter.waitForHttp(`http://127.0.0.1:${port}/-/ready`);
    const response = await fetch(`http://127.0.0.1:${port}/probe?module=icmp&target=127.0.0.1`);
    expect(await response.text()).toMatch(/^probe_success 1$/m);
  });

  test("writes the pack that it contains", async () => {
    const out = join(folder.path, "pack");
    const { code, stdout, stderr } = await run([process.execPath, "dist/main.js", "pack", "--out", out], {
      cwd: app,
      env: { PATH: nodePath, ...image.env },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("dashboards/overview.json");
    for (const part of ["rules", "alertmanager", "dashboards"]) {
      const shipped = filesBelow(join(app, part)).toSorted();
      expect(filesBelow(join(out, part)).toSorted()).toEqual(shipped);
    }
  });

  test("is small", () => {
    const files = filesBelow(app);
    const megabytes = files.reduce((sum, file) => sum + statSync(join(app, file)).size, 0) / 1e6;
    expect(megabytes).toBeLessThan(15);
    expect(files.length).toBeLessThan(500);
  });

  test("copies its whole build context", () => {
    const admitted = ignoreLines.filter((line) => !leftOut.has(join(repository, line)));
    expect(admitted).toStrictEqual(["*", ...copiedFromContext.map((path) => `!${path}`)]);
  });
});
