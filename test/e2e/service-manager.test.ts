import { existsSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { openNotifySocket } from "../helpers/notify-socket.ts";
import { run, waitUntil } from "../helpers/process.ts";

const YAML = "heartbeats: [{ name: job, timeout: 1h }]\n";
const TARGET =
  "modules: { web: { prober: http } }\ntargets: [{ name: web, module: web, target: http://127.0.0.1:1, interval: 1h }]\n";

/** Returns the processes that a process has started. */
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);

describe("systemd is told", () => {
  it("that the exporter works, reloads and shuts down", async () => {
    await using socket = await openNotifySocket();
    await using exporter = await startExporter({ yaml: YAML, env: { NOTIFY_SOCKET: socket.path } });
    expect(await socket.waitFor("READY=1")).toEqual(["READY=1", "STATUS=0 targets"]);
    const [sender = 0] = childrenOf(exporter.process.pid);

    const file = join(exporter.folder.path, "exporter.yml");
    const reload = async (yaml: string, status: string): Promise<void> => {
      await writeFile(file, yaml);
      const before = socket.messages().length;
      const asked = process.hrtime.bigint() / 1000n;
      exporter.process.kill("SIGHUP");
      const [, time = ""] = await socket.waitFor("RELOADING=1", before);
      // The clock of systemd is the same: a time before its request would be that of another reload.
      const told = BigInt(time.replace("MONOTONIC_USEC=", ""));
      expect(told >= asked && told <= process.hrtime.bigint() / 1000n).toBe(true);
      expect(await socket.waitFor("READY=1", before)).toEqual(["READY=1", `STATUS=${status}`]);
    };
    await reload(YAML + TARGET, "1 target");
    await reload("modules: 1", "1 target; the new configuration cannot be used");
    // Without WATCHDOG_USEC there is no watchdog.
    expect(socket.messages().flat()).not.toContain("WATCHDOG=1");

    expect((await terminate(exporter)).exit).toEqual({ code: 0, signal: null });
    expect(await socket.waitFor("STOPPING=1")).toEqual(["STOPPING=1", "STATUS=shutting down"]);
    // The program that sends ends with the exporter.
    await waitUntil("its end", () => (existsSync(`/proc/${sender}`) ? undefined : true));
  });

  it("that the event loop turns, as long as it does", async () => {
    await using socket = await openNotifySocket();
    await using exporter = await startExporter({
      yaml: YAML,
      env: { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "300000" },
    });
    const count = (): number => socket.messages().filter(([line]) => line === "WATCHDOG=1").length;
    const isFed = (from: number) => waitUntil("the watchdog", () => (count() > from + 2 ? true : undefined));
    await isFed(0);
    exporter.process.kill("SIGSTOP");
    // What was on its way.
    await pause(300);
    const atStop = count();
    await pause(1000);
    expect(count()).toBe(atStop);
    exporter.process.kill("SIGCONT");
    await isFed(atStop);
  });

  it("by a process that the signals of a service do not end, and that is started again", async () => {
    await using socket = await openNotifySocket();
    await using exporter = await startExporter({ yaml: YAML, env: { NOTIFY_SOCKET: socket.path } });
    await socket.waitFor("READY=1");
    const [sender = 0] = childrenOf(exporter.process.pid);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.kill(sender, signal);
    exporter.process.kill("SIGHUP");
    await socket.waitFor("RELOADING=1");
    expect(childrenOf(exporter.process.pid)).toEqual([sender]);
    const before = socket.messages().length;
    process.kill(sender, "SIGKILL");
    await exporter.process.waitForOutput(
      /level=warn msg="systemd is not told how the exporter is: the program that does it ended with SIGKILL"/,
    );
    exporter.process.kill("SIGHUP");
    await socket.waitFor("RELOADING=1", before);
  });

  it("and the log says if it cannot be", async () => {
    await using exporter = await startExporter({
      yaml: YAML,
      env: { NOTIFY_SOCKET: "/nowhere", PATH: "/nowhere" },
    });
    await exporter.process.waitForOutput(
      /systemd is not told how the exporter is: there is no systemd-notify in PATH/,
    );
    // It works all the same, and shuts down.
    expect(await exporter.get("/-/healthy")).toBe("Healthy\n");
    expect((await terminate(exporter)).exit).toEqual({ code: 0, signal: null });
  });

  it("nothing of a watchdog that belongs to another process", async () => {
    await using socket = await openNotifySocket();
    await using exporter = await startExporter({
      yaml: YAML,
      env: { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "100000", WATCHDOG_PID: "1" },
    });
    await socket.waitFor("READY=1");
    await pause(300);
    expect(socket.messages().flat()).not.toContain("WATCHDOG=1");
    exporter.process.kill("SIGTERM");
  });
});

describe("the log", () => {
  it("has the form of systemd's journal if it goes there", async () => {
    // The shell knows what its standard error is, as systemd does.
    const connected = ["sh", "-c", 'JOURNAL_STREAM=$(stat -Lc %d:%i /dev/stderr) exec "$@"', "sh"];
    await using exporter = await startExporter({ yaml: YAML, command: connected });
    expect(exporter.process.stderr()).toMatch(
      /^<6>level=info msg="heartbeat-exporter listens" version=\S+ address=\S+ targets=0$/m,
    );
  });

  it("has another one if that is chosen, or if standard error is redirected", async () => {
    const connected = ["sh", "-c", 'JOURNAL_STREAM=$(stat -Lc %d:%i /dev/stderr) exec "$@"', "sh"];
    await using chosen = await startExporter({
      yaml: YAML,
      command: connected,
      args: ["--log.format=logfmt"],
    });
    expect(chosen.process.stderr()).toMatch(/^time=\S+ level=info msg=/m);
    const { dev, ino } = statSync("/dev/null");
    await using redirected = await startExporter({ yaml: YAML, env: { JOURNAL_STREAM: `${dev}:${ino}` } });
    expect(redirected.process.stderr()).toMatch(/^time=\S+ level=info msg=/m);
  });
});

it("systemd-notify is there, which these tests need", async () => {
  expect((await run(["systemd-notify", "--version"])).code).toBe(0);
});
