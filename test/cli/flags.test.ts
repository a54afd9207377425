import { describe, expect, test } from "vitest";
import { commandsHelp, flagsHelp, readCommandLine } from "../../src/cli/flags.ts";
import { runMain } from "../helpers/exporter.ts";

const read = (...args: readonly string[]) =>
  readCommandLine(["node", "heartbeat-exporter", ...args], "1.2.3");

describe("readCommandLine", () => {
  test("serves without a command and with serve", () => {
    const flags = { configFile: "a.yml", logLevel: "debug", historyLimit: 100 };
    expect(read("--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
    expect(read("serve", "--config.file=a.yml", "--log.level=debug")).toMatchObject({ kind: "serve", flags });
  });

  test("accepts flags before and after serve; those after it take precedence", () => {
    expect(read("--config.file=a.yml", "--log.level=warn", "serve", "--config.file=b.yml")).toMatchObject({
      kind: "serve",
      flags: { configFile: "b.yml", logLevel: "warn" },
    });
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
    ["prob", "error: unknown command 'prob', did you mean probe?"],
    ["xyzzyx", "error: unknown command 'xyzzyx', want one of serve, probe, report"],
  ])("rejects the unknown command %s", async (word, message) => {
    await using run = runMain([word]);
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toContain(message);
  });
});
