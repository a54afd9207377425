import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDeb } from "../helpers/deb.ts";
import { type DebianRoot, debianRoot } from "../helpers/debian-root.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { succeed } from "../helpers/package.ts";
import { run } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const CONFIG = "/etc/heartbeat-exporter/exporter.yml";
const NOBODY = 65_534;

/** Places where dpkg itself keeps what it has done. */
const OF_DPKG = /^\/(var\/lib\/dpkg|var\/log|var\/cache\/ldconfig|proc|sys|dev)\b/;

// In order: each test goes on with the system that the last one has left.
describe("the Debian package", () => {
  let folder: TemporaryFolder;
  let system: DebianRoot;
  /** The package. */
  let deb: string;
  /** All paths of the system before the package. */
  let before: readonly string[];

  const dpkg = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await system.run(["dpkg", ...args]);
    expect([args, code, stderr]).toEqual([args, 0, expect.any(String)]);
    return `${stdout}${stderr}`;
  };
  const paths = (): readonly string[] =>
    readdirSync(system.path, { recursive: true, encoding: "utf8" })
      .map((path) => `/${path}`)
      .filter((path) => !OF_DPKG.test(path))
      .toSorted();
  const inSystem = (path: string): string => join(system.path, path);

  beforeAll(async () => {
    folder = await temporaryFolder();
    const name = await buildDeb(folder.path);
    system = await debianRoot();
    before = paths();
    deb = `/${name}`;
    await copyFile(join(folder.path, name), inSystem(deb));
  }, 1_800_000);
  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("is installed with all that Debian's smallest system has", async () => {
    await dpkg("--install", deb);
    expect(await dpkg("--verify", "heartbeat-exporter")).toBe("");
    expect((await dpkg("--status", "heartbeat-exporter")).split("\n")).toContain(
      "Status: install ok installed",
    );
    const mode = (path: string): string => (lstatSync(inSystem(path)).mode & 0o777).toString(8);
    expect([
      mode("/usr/bin/heartbeat-exporter"),
      mode(CONFIG),
      mode("/etc/default/heartbeat-exporter"),
    ]).toEqual(["755", "644", "600"]);
    // Enabled for the next start of the machine, by Debian's own helper.
    const wanted = "/etc/systemd/system/multi-user.target.wants/heartbeat-exporter.service";
    expect(lstatSync(inSystem(wanted)).isSymbolicLink()).toBe(true);
    for (const [path, mark] of [
      ["bash-completion/completions/heartbeat-exporter", "complete "],
      ["zsh/vendor-completions/_heartbeat-exporter", "#compdef heartbeat-exporter"],
      ["fish/vendor_completions.d/heartbeat-exporter.fish", "complete "],
    ] as const)
      expect([path, readFileSync(inSystem(`/usr/share/${path}`), "utf8")]).toEqual([
        path,
        expect.stringContaining(mark),
      ]);
    const documents = "/usr/share/doc/heartbeat-exporter";
    expect(readdirSync(inSystem(documents)).toSorted()).toEqual(["changelog.gz", "copyright"]);
    expect(readFileSync(inSystem(`${documents}/copyright`), "utf8")).toContain("Node.js is licensed");
  });

  test("probes and serves as an unprivileged user", async () => {
    await using server = await serveHttp((_request, response) => void response.end("good"));
    const target = `http://${server.host}/`;
    const probe = await system.run(
      ["heartbeat-exporter", "probe", `--config.file=${CONFIG}`, "--module=http_2xx", target],
      { user: NOBODY },
    );
    expect([probe.code, probe.stdout]).toEqual([0, expect.stringContaining("1 succeeded")]);

    await using exporter = system.start(
      ["heartbeat-exporter", `--config.file=${CONFIG}`, "--web.listen-address=127.0.0.1:0"],
      { user: NOBODY },
    );
    const [, url = ""] = await exporter.waitForOutput(/heartbeat-exporter listens.*? address=(http:\S+)/);
    const metrics = await (
      await fetch(`${url}/probe?module=http_2xx&target=${encodeURIComponent(target)}`)
    ).text();
    expect(valueOf(metrics, "probe_success")).toBe(1);
    expect((await fetch(`${url}/runbooks/HeartbeatTargetDown`)).status).toBe(200);
  });

  test("has a manual page without mistakes", async () => {
    const page = gunzipSync(readFileSync(inSystem("/usr/share/man/man1/heartbeat-exporter.1.gz"))).toString();
    const file = await folder.write("heartbeat-exporter.1", page);
    const shown = await run(["man", "--warnings", "--local-file", file], {
      env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", MANWIDTH: "100" },
    });
    expect([shown.code, shown.stderr]).toEqual([0, ""]);
    for (const text of ["SYNOPSIS", "--config.file <", "heartbeat-exporter pack [options]", CONFIG])
      expect(shown.stdout).toContain(text);
  });

  test("keeps a configuration that was edited, over an update", async () => {
    const edited = `${readFileSync(inSystem(CONFIG), "utf8")}# edited\n`;
    writeFileSync(inSystem(CONFIG), edited);
    // The next version, with another configuration in it.
    const next = join(folder.path, "next");
    await succeed(["dpkg-deb", "--raw-extract", inSystem(deb), next], folder.path);
    const control = join(next, "DEBIAN/control");
    writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, "Version: 999"));
    writeFileSync(join(next, CONFIG), "modules: {}\n");
    await succeed(["dpkg-deb", "-Znone", "--build", next, inSystem("/next.deb")], folder.path);
    // The answer that unattended updates give.
    await dpkg("--force-confold", "--install", "/next.deb");
    expect(await dpkg("--status", "heartbeat-exporter")).toContain("\nVersion: 999\n");
    expect(readFileSync(inSystem(CONFIG), "utf8")).toBe(edited);
    expect(readFileSync(inSystem(`${CONFIG}.dpkg-dist`), "utf8")).toBe("modules: {}\n");
  });

  test("is removed without its configuration and state, and purged with them", async () => {
    // What systemd makes for a service with a dynamic user.
    const state = "/var/lib/private/heartbeat-exporter";
    mkdirSync(inSystem(state), { recursive: true });
    writeFileSync(inSystem(`${state}/store.db`), "state");
    symlinkSync("private/heartbeat-exporter", inSystem("/var/lib/heartbeat-exporter"));
    await dpkg("--remove", "heartbeat-exporter");
    expect(existsSync(inSystem("/usr/bin/heartbeat-exporter"))).toBe(false);
    expect(existsSync(inSystem(CONFIG))).toBe(true);
    expect(existsSync(inSystem(`${state}/store.db`))).toBe(true);
    await dpkg("--purge", "heartbeat-exporter");
    const own = new Set([...before, deb, "/next.deb", "/var/lib/private"]);
    expect(paths().filter((path) => !own.has(path))).toEqual([]);
  });

  test("has maintainer scripts without mistakes", async () => {
    const scripts = ["postinst", "prerm", "postrm"].map((name) => join(ROOT, "deploy/debian", name));
    const shellcheck = join(ROOT, ".tools/docker/usr/bin/shellcheck");
    await succeed([process.execPath, "scripts/tools.mjs", "docker"], ROOT);
    expect(await run([shellcheck, "--shell=sh", ...scripts])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });
});
