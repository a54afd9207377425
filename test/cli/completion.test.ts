import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompletionShell, SHELLS } from "../../src/cli/completion.ts";
import { commandsHelp, flagsHelp } from "../../src/cli/flags.ts";
import { runMain } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { tool } from "../helpers/tools.ts";

/** How each shell starts without the settings of its user, and reads a script of completions. */
const STARTS: Readonly<
  Record<CompletionShell, { argv: () => readonly string[]; setup: (script: string) => string }>
> = {
  bash: { argv: () => ["bash", "--norc", "--noprofile", "-i"], setup: (script) => `source ${script}` },
  zsh: {
    argv: () => [...tool("zsh", "bookworm").argv, "-f", "-i"],
    setup: (script) => `autoload -U compinit && compinit -u -D && source ${script}`,
  },
  fish: {
    argv: () => [...tool("fish", "bookworm").argv, "--no-config", "-i"],
    setup: (script) => `source ${script}`,
  },
};

/** A function in place of the program, which shows its arguments. */
const SHOWS: Readonly<Record<CompletionShell, string>> = {
  bash: `heartbeat-exporter() { printf 'GOT%s\\n' "$(printf '<%s>' "$@")"; }`,
  zsh: `heartbeat-exporter() { printf 'GOT%s\\n' "$(printf '<%s>' "$@")"; }`,
  fish: "function heartbeat-exporter; printf 'GOT%s\\n' (printf '<%s>' $argv | string collect); end",
};

/**
 * What is typed, and the arguments that the program gets. Shells differ in what they put between a flag and its value, and behind a
 * folder.
 */
const LINES = [
  ["conf\tch\t--config.f\texp\t", ["config", "check", "--config.file=exporter.yml"]],
  ["--log.lev\tde\t", ["--log.level=debug"]],
  ["--config.file exp\tprobe --js\t", ["--config.file=exporter.yml", "probe", "--json"]],
  ["config import --from ga\tgat\t", ["config", "import", "--from=gatus", "gatus.yml"]],
  ["compl\tz\t", ["completion", "zsh"]],
  ["help conf\tpri\t", ["help", "config", "print"]],
  ["parse my\t", ["parse", "my log.txt"]],
  ["pack --out=pack\t", ["pack", "--out=packs"]],
  // The names of targets are not known, and files are none.
  ["probe exp\t", ["probe", "exp"]],
] as const;

describe.each(SHELLS)("completion in %s", (shell) => {
  test("completes commands, flags, choices and files", async () => {
    await using folder = await temporaryFolder();
    await using main = runMain(["completion", shell]);
    expect((await main.exited).code).toBe(0);
    await folder.write("script", main.stdout());
    for (const file of ["exporter.yml", "gatus.yml", "my log.txt"]) await folder.write(file, "");
    await mkdir(join(folder.path, "packs"));
    const env = {
      ...process.env,
      HOME: folder.path,
      TERM: "xterm",
      PS1: "READY> ",
      INPUTRC: "/dev/null",
      HISTFILE: "",
    };
    await using terminal = openTerminal(STARTS[shell].argv(), { cwd: folder.path, env });
    terminal.type(`${STARTS[shell].setup("./script")}\r${SHOWS[shell]}\recho SET''UP\r`);
    await terminal.waitFor(/^SETUP$/m);
    for (const [keys, args] of LINES) {
      terminal.type(`heartbeat-exporter ${keys}\r`);
      const [line] = await terminal.waitFor(/GOT<.*>/);
      expect(
        line
          .replace(/^GOT/, "")
          .replaceAll(/<(--[a-z.]+)><(?=[a-z])/g, "<$1=")
          .replace("/>", ">"),
      ).toBe(args.map((arg) => `<${arg}>`).join(""));
    }
  });
});

test.each(SHELLS)("the script for %s has every command and flag of the program", async (shell) => {
  await using main = runMain(["completion", shell]);
  await main.exited;
  // Behind help stand the words of commands.
  const texts = [["", flagsHelp()] as const, ...commandsHelp().filter(([words]) => words !== "help")];
  for (const [words, help] of texts) {
    const flags = [...help.matchAll(/^ {2}(?:-h, )?--([a-z.-]+)/gm)].map(([, flag]) => flag);
    expect(flags.length).toBeGreaterThan(0);
    const own = main
      .stdout()
      .split(/(?=^ {4}')|\n(?=complete)/m)
      .filter((part) => part.startsWith(`    '${words}')`) || part.includes(`_at \\'${words}\\''`))
      .join("\n");
    for (const flag of flags) expect(own, `${words} --${flag}`).toMatch(new RegExp(`(?:--|-l ')${flag}\\b`));
  }
});
