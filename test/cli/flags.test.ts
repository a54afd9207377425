import { describe, expect, test } from "vitest";
import { commandsHelp, flagsHelp, readCommandLine } from "../../src/cli/flags.ts";
import { VERSION } from "../../src/core/version.ts";
import { runMain } from "../helpers/exporter.ts";

const read = (...args: readonly string[]) =>
  readCommandLine(["node", "heartbeat-exporter", ...args], "1.2.3");

describe("readCommandLine", () => {
  test("serves without a command and with serve", () => {
    const flags = { configFile: "a.yml", logLevel: "debug", historyLimit: 100 };
    expect(read("--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
    expect(read("serve", "--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
  });

  test("accepts flags before and after serve", () => {
    const line = ["--config.file=a.yml", "--web.listen-address=:1", "serve", "--log.level=WARN"];
    expect(read(...line, "--web.listen-address=:2", "--web.listen-address=unix:///run/x.sock")).toMatchObject(
      {
        kind: "serve",
        flags: {
          configFile: "a.yml",
          logLevel: "warn",
          listenAddresses: [
            { kind: "tcp", port: 1 },
            { kind: "tcp", port: 2 },
            { kind: "unix", path: "/run/x.sock", mode: 0o660 },
          ],
        },
      },
    );
  });

  test.each([
    [[], { autoReload: false, autoReloadInterval: 30, systemdSocket: false, blackboxMetrics: false }],
    [
      ["--config.enable-auto-reload", "--config.auto-reload-interval=5"],
      { autoReload: true, autoReloadInterval: 5 },
    ],
    [["--config.auto-reload-interval=1m"], { autoReload: false, autoReloadInterval: 60 }],
    [["--config.auto-reload-interval", "1500ms"], { autoReloadInterval: 1.5 }],
    [["--log.prober=ERROR"], { logProber: "error", logLevel: "info" }],
    [["--web.systemd-socket", "--compat.blackbox-metrics"], { systemdSocket: true, blackboxMetrics: true }],
    [["--no-config.check", "--no-config.enable-auto-reload"], { configCheck: false, autoReload: false }],
    [["--no-web.systemd-socket"], { systemdSocket: false }],
    [["--web.listen-address=:1", "--web.listen-address=:1"], { listenAddresses: [{ port: 1 }, { port: 1 }] }],
  ])("reads %j", (args, flags) => {
    expect(read(...args)).toMatchObject({ kind: "serve", flags });
  });

  test("returns the command to run", () => {
    expect(read("probe", "a")).toMatchObject({ kind: "command", run: expect.any(Function) });
  });

  test.each(commandsHelp())(
    "the help of %s has examples and exit codes, and the program's help lists it",
    (words, help) => {
      expect(help).toContain("--help");
      expect(help).toMatch(/^Exit code: 0 [^]*^Examples:$/m);
      expect(flagsHelp()).toMatch(new RegExp(`^  ${words.split(" ")[0]}\\b`, "m"));
    },
  );

  test.each([
    ["-h", "heartbeat-exporter [command] [options]"],
    ["help", "heartbeat-exporter [command] [options]"],
    ["help help", "heartbeat-exporter help [options] [command...]"],
    ["serve -h", "heartbeat-exporter serve [options]"],
    ["probe -h", "heartbeat-exporter probe [options] [target...]"],
    ["help probe", "heartbeat-exporter probe [options] [target...]"],
    ["config -h", "heartbeat-exporter config [options] [command]"],
    ["help config", "heartbeat-exporter config [options] [command]"],
    ["config help", "heartbeat-exporter config [options] [command]"],
    ["config check -h", "heartbeat-exporter config check [options]"],
    ["help config check", "heartbeat-exporter config check [options]"],
    ["config help check", "heartbeat-exporter config check [options]"],
  ])("%s prints a help", async (line, usage) => {
    await using run = runMain(line.split(" "));
    expect((await run.exited).code).toBe(0);
    expect(run.stdout().split("\n")[0]).toBe(`Usage: ${usage}`);
    expect(run.stderr()).toBe("");
  });

  test.each([
    "version",
    "--version",
    "serve --version",
    "probe --version",
    "config version",
    "config check --version",
  ])("%s prints the version", async (line) => {
    await using run = runMain(line.split(" "));
    expect((await run.exited).code).toBe(0);
    expect(run.stdout()).toBe(`${VERSION}\n`);
  });

  test.each([
    ["help prob", 'got "prob", want one of serve, init, probe, report'],
    ["help prob", "(did you mean probe?)"],
    ["help config chek", 'got "chek", want one of check, print, schema, import (did you mean check?)'],
    ["help probe x", 'got "x", want no word after it'],
  ])("%s is refused", async (line, message) => {
    await using run = runMain(line.split(" "));
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toContain(message);
  });

  test.each([
    ["prob", "error: unknown command 'prob', did you mean probe?"],
    ["xyzzyx", "error: unknown command 'xyzzyx', want one of serve, init, probe, report"],
  ])("rejects the unknown command %s", async (word, message) => {
    await using run = runMain([word]);
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toContain(message);
  });

  test.each([
    ["--config.file=a.yml --config.file=a.yml", "config.file"],
    ["--config.file a.yml serve --config.file b.yml", "config.file"],
    ["serve --log.level=info --log.level debug", "log.level"],
    ["--config.check --config.check", "config.check"],
    ["--no-config.check --config.check", "config.check"],
    ["--config.check --no-config.check", "no-config.check"],
    ["--history.limit=3 --history.limit=3", "history.limit"],
    ["--demo --demo", "demo"],
    ["--web.listen-address=:1 --web.page=off --web.page=on", "web.page"],
    ["--config.file=a.yml probe --config.file=b.yml", "config.file"],
    ["probe --json --json", "json"],
    ["report --window=1d --window=7d", "window"],
    ["report --http.timeout=1s --http.timeout=1s", "http.timeout"],
    ["config check --config.file=a.yml --config.file=b.yml", "config.file"],
    ["--config.file=a.yml config check --config.file=b.yml", "config.file"],
    ["config import x --from=gatus --from=gatus", "from"],
    ["notify test --config.file=a --config.file=b", "config.file"],
    ["pack --out=a --out=b", "out"],
    ["pack --out=a --only=rules --only=dashboards --force --force", "force"],
    ["backup x --storage.path=a --storage.path=a", "storage.path"],
  ])("refuses a flag that is given twice: %s", async (line, flag) => {
    await using run = runMain(line.split(" "));
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toBe(`error: flag '--${flag}' is given more than once; want it once\n`);
  });

  test.each([
    [
      "--config.auto-reload-interval=0",
      'got "0", want a number of seconds from 1 on, or a duration such as 30s',
    ],
    ["--config.auto-reload-interval=999ms", 'got "999ms", want a number of seconds from 1 on'],
    ["--config.auto-reload-interval=-5", 'got "-5", want a number of seconds from 1 on'],
    ["--log.prober=trace", "Allowed choices are debug, info, warn, error"],
    ["--web.listen-address=vsock://:9115", 'got "vsock://:9115", want HOST:PORT or :PORT'],
    ["--web.listen-address=unix://x.sock", 'got "unix://x.sock", want HOST:PORT or :PORT'],
    ["--config.check=true", "error: unknown option '--config.check=true'"],
  ])("rejects %s", async (flag, message) => {
    await using run = runMain([flag]);
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toContain(message);
  });
});
