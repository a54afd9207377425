import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDeb } from "../helpers/deb.ts";
import { valueOf } from "../helpers/exposition.ts";
import { run, waitUntil } from "../helpers/process.ts";
import { type SystemdMachine, systemdMachine } from "../helpers/systemd-machine.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const PAGE = fileURLToPath(new URL("../../docs/systemd.md", import.meta.url));
const UNIT = fileURLToPath(new URL("../../deploy/systemd/heartbeat-exporter.service", import.meta.url));
const NAME = "heartbeat-exporter";
const CONFIG = `/etc/${NAME}/exporter.yml`;

describe("the unit", () => {
  test("is one that systemd accepts", async () => {
    await using folder = await temporaryFolder();
    const text = readFileSync(UNIT, "utf8")
      .replaceAll(`/usr/bin/${NAME}`, "/bin/true")
      // The manual page is in the package.
      .replace(/^Documentation=.*\n/m, "");
    const file = await folder.write(`${NAME}.service`, text);
    const verify = async (): Promise<string> => {
      const { code, stderr } = await run(["systemd-analyze", "verify", file], {
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder.path}:` },
      });
      return `${code} ${stderr}`;
    };
    expect(await verify()).toBe("0 ");
    // Each change that the documentation shows.
    const changes = [...readFileSync(PAGE, "utf8").matchAll(/^```ini\n([^]*?)^```/gm)];
    expect(changes.length).toBeGreaterThan(2);
    for (const [, change = ""] of changes) {
      await folder.write(`${NAME}.service.d/change.conf`, change);
      expect([change, await verify()]).toEqual([change, "0 "]);
    }
    await folder.write(`${NAME}.service.d/change.conf`, "[Service]\nNoSuchLine=yes\n");
    expect(await verify()).toContain("'NoSuchLine'");
  });

  test("exposes less than 2.0 by systemd's own measure", async () => {
    const { stdout } = await run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT]);
    const [, exposure = ""] =
      /Overall exposure level for heartbeat-exporter\.service: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeGreaterThan(0);
    expect(Number(exposure)).toBeLessThan(2);
    expect(readFileSync(PAGE, "utf8")).toContain(`says ${exposure}.`);
  });
});

// In order: each test goes on with the machine that the last one has left.
describe("the service of the Debian package, run by systemd", () => {
  let machine: SystemdMachine;

  const systemctl = async (...args: readonly string[]): Promise<number | null> =>
    (await machine.run("systemctl", ...args)).code;
  const property = async (name: string): Promise<string> =>
    (await machine.run("systemctl", "show", NAME, `--property=${name}`, "--value")).stdout.trim();
  const dpkg = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await machine.run("dpkg", ...args);
    expect([args, code, stderr]).toEqual([args, 0, expect.any(String)]);
  };
  const configure = (yaml: string): void => writeFileSync(join(machine.path, CONFIG), yaml);
  const metrics = async (): Promise<string> =>
    (await machine.get(8091, "/metrics")).replace(/^[^]*?\r\n\r\n/, "");

  beforeAll(async () => {
    await using folder = await temporaryFolder();
    const name = await buildDeb(folder.path);
    machine = await systemdMachine();
    await copyFile(join(folder.path, name), join(machine.path, "heartbeat.deb"));
  }, 1_800_000);
  afterAll(() => machine[Symbol.asyncDispose]());

  test("starts with the installation, and is ready then", async () => {
    await dpkg("--install", "/heartbeat.deb");
    expect([await property("ActiveState"), await property("SubState")]).toEqual(["active", "running"]);
    expect(await property("StatusText")).toBe("0 targets");
    expect(await systemctl("is-enabled", NAME)).toBe(0);
    expect(valueOf(await metrics(), "heartbeat_exporter_store_up")).toBe(1);
    expect(existsSync(join(machine.path, `var/lib/private/${NAME}/store.db`))).toBe(true);
  });

  test("probes within its limits, by HTTP and with ping", async () => {
    configure(`modules: { ping: { prober: icmp }, web: { prober: http } }
targets:
  - { name: lo, module: ping, target: 127.0.0.1, interval: 1s }
  - { name: self, module: web, target: "http://127.0.0.1:8091/-/healthy", interval: 1s }
`);
    // So that ping needs the capability that the unit gives it.
    expect(await machine.run("sysctl", "-q", "net.ipv4.ping_group_range=1 0")).toMatchObject({ stderr: "" });
    expect(await systemctl("reload", NAME)).toBe(0);
    await waitUntil("both targets", async () => {
      const text = await metrics();
      return ["lo", "self"].every((target) => valueOf(text, "probe_success", { target }) === 1)
        ? true
        : undefined;
    });
    expect(await property("StatusText")).toBe("2 targets");
  });

  test("refuses a reload of a bad configuration, and goes on with the old one", async () => {
    configure("modules: 1\n");
    expect(await systemctl("reload", NAME)).not.toBe(0);
    expect([await property("ActiveState"), await property("StatusText")]).toEqual(["active", "2 targets"]);
    const { stdout } = await machine.run("journalctl", "--unit", NAME, "--output=cat", "--no-pager");
    expect(stdout).toContain(`${CONFIG}:1:10: modules: got 1, want`);
    configure("modules: {}\n");
  });

  test("logs with priorities", async () => {
    const { stdout } = await machine.run("journalctl", "--unit", NAME, "--output=json", "--no-pager");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly MESSAGE: string; readonly PRIORITY: string });
    const listens = lines.find(({ MESSAGE }) => MESSAGE.includes("heartbeat-exporter listens"));
    expect(listens).toMatchObject({ MESSAGE: expect.stringMatching(/^level=info msg=/), PRIORITY: "6" });
  });

  test("is started again when its event loop hangs", async () => {
    const folder = join(machine.path, `etc/systemd/system/${NAME}.service.d`);
    await mkdir(folder);
    writeFileSync(join(folder, "watchdog.conf"), "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n");
    await systemctl("daemon-reload");
    await systemctl("restart", NAME);
    const pid = await property("MainPID");
    await waitUntil("several intervals", async () => {
      const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e6;
      return uptime - Number(await property("ActiveEnterTimestampMonotonic")) > 5e6 ? true : undefined;
    });
    expect([await property("NRestarts"), await property("MainPID")]).toEqual(["0", pid]);
    await systemctl("kill", "--kill-whom=main", "--signal=SIGSTOP", NAME);
    await waitUntil("a restart", async () => ((await property("NRestarts")) === "1" ? true : undefined));
    await waitUntil("a start", async () => ((await property("SubState")) === "running" ? true : undefined));
    expect(await property("MainPID")).not.toBe(pid);
    await rm(folder, { recursive: true });
    await systemctl("daemon-reload");
  });

  test("is started again by an update, unless it is disabled", async () => {
    const pid = await property("MainPID");
    await dpkg("--force-confold", "--install", "/heartbeat.deb");
    expect(await property("ActiveState")).toBe("active");
    expect(await property("MainPID")).not.toBe(pid);
    await systemctl("disable", "--now", NAME);
    expect([await property("Result"), await property("ExecMainStatus")]).toEqual(["success", "0"]);
    await dpkg("--force-confold", "--install", "/heartbeat.deb");
    expect([await property("ActiveState"), await property("UnitFileState")]).toEqual([
      "inactive",
      "disabled",
    ]);
    expect(await systemctl("enable", "--now", NAME)).toBe(0);
  });

  test("stops when it is removed, and leaves nothing when it is purged", async () => {
    await dpkg("--remove", NAME);
    expect(await property("ActiveState")).toBe("inactive");
    await dpkg("--purge", NAME);
    const { stdout } = await machine.run("find", "/", "-xdev", "-name", `*${NAME}*`);
    expect(stdout).toBe("");
    expect(await property("LoadState")).toBe("not-found");
  });
});
