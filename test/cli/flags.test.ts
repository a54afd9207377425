import { describe, expect, test } from "vitest";
import { commandsHelp, flagsHelp, readCommandLine } from "../../src/cli/flags.ts";
import { runMain } from "../helpers/exporter.ts";

const read = (...args: readonly string[]) =>
  readCommandLine(["node", "heartbeat-exporter", ...args], "1.2.3");

describe("the command line", () => {
  test("without a command, and with the word, it serves", () => {
    const flags = { configFile: "a.yml", logLevel: "debug", historyLimit: 100 };
    expect(read("--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
    expect(read("serve", "--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
  });

  test("flags may stand on both sides of the word; the later one counts", () => {
    expect(read("--config.file=a.yml", "--log.level=warn", "serve", "--config.file=b.yml")).toMatchObject({
      kind: "serve",
      flags: { configFile: "b.yml", logLevel: "warn" },
    });
  });

  test("a command is handed over to be run", () => {
    expect(read("probe", "a")).toMatchObject({ kind: "command", run: expect.any(Function) });
  });

  test.each(commandsHelp())(
    "%s has a help with examples or exit codes, and the program's names it",
    (words, help) => {
      expect(help).toContain("--help");
      expect(help).toMatch(/Examples?:|Exit code:/);
      expect(flagsHelp()).toMatch(new RegExp(`^  ${words.split(" ")[0]}\\b`, "m"));
    },
  );

  test.each([
    ["prob", "error: unknown command 'prob', did you mean probe?"],
    ["xyzzyx", "error: unknown command 'xyzzyx', want one of serve, probe, report"],
  ])("%s is no command", async (word, said) => {
    await using run = runMain([word]);
    expect((await run.exited).code).toBe(1);
    expect(run.stderr()).toContain(said);
  });
});
