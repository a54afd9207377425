import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCommandLine } from "../../src/cli/flags.ts";
import { configDeps } from "../../src/cli/load-config.ts";
import { CommandError } from "../../src/cli/shell.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { systemClock } from "../../src/core/clock.ts";
import { runMain } from "../helpers/exporter.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { openTerminal } from "../helpers/terminal.ts";

const GOLDEN = join(import.meta.dirname, "../golden/init");

const BLACKBOX = `---
# Ours since 2019.
modules:
  http_2xx: { prober: http }
  tcp_connect: # A port.
    prober: tcp
`;

/** Runs `init` without a terminal, in this process, which takes milliseconds. */
async function init(args: readonly string[]) {
  const line = readCommandLine(["node", "heartbeat-exporter", "init", ...args], "1.2.3");
  if (line.kind !== "command") throw new Error("init is no command");
  let stdout = "";
  let stderr = "";
  const shell = {
    version: "1.2.3",
    env: {},
    clock: systemClock,
    colours: false,
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
    progress: () => {},
  };
  const code = await line.run(shell).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    stderr += `${error.message}\n`;
    return error.exitCode;
  });
  return { code, stdout, stderr };
}

/** Runs `init` in a folder, and returns the file that it wrote. */
async function written(folder: TemporaryFolder, ...args: readonly string[]): Promise<string> {
  const output = join(folder.path, "exporter.yml");
  const { code, stderr } = await init([...args, "--force", `--output=${output}`]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return readFile(output, "utf8");
}

/** Returns the warnings of a configuration; throws if it is invalid. Variables have stand-ins. */
function check(text: string, file = "exporter.yml"): readonly string[] {
  const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, "http://localhost/x"]);
  return loadConfigText(text, file, Object.fromEntries(variables), configDeps).warnings;
}

describe("heartbeat-exporter init with flags", () => {
  test("never asks if standard input is no terminal", async () => {
    await using main = runMain(["init"]);
    expect((await main.exited).code).toBe(2);
    expect(main.stderr()).toBe("--for: want blackbox, models or homelab\n");
  });

  test.each([
    ["models", ["--for=models"]],
    [
      "models-with-route",
      [
        "--url=https://api.openai.com/v1",
        "--model=gpt-4o-mini",
        "--model=claude-haiku-4-5@https://api.anthropic.com",
        "--model=llama3.2@http://127.0.0.1:11434",
        "--budget=2M",
      ],
    ],
    ["homelab", ["--for=homelab"]],
    [
      "homelab-with-pages",
      [
        "--machine=nas",
        "--machine=pi",
        "--job=backup 0,30 3 * * *",
        "--job=photos 6h",
        "--page=https://example.com",
        "--notify=telegram -100123",
      ],
    ],
    ["blackbox", ["--blackbox.file=BLACKBOX"]],
    [
      "blackbox-with-targets",
      ["--blackbox.file=BLACKBOX", "--address=example.com:22", "--module=tcp_connect", "--notify=slack"],
    ],
  ])("writes %s", async (name, flags) => {
    await using folder = await temporaryFolder();
    const blackbox = await folder.write("blackbox.yml", BLACKBOX);
    const text = await written(folder, ...flags.map((flag) => flag.replace("BLACKBOX", blackbox)));
    expect(check(text)).toEqual([]);
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=exporter.schema.json");
    // The zone of the machine.
    const shown = text.replaceAll(`${folder.path}/`, "").replace(/(?<=timezone: ).*/, "Europe/Berlin");
    await expect(shown).toMatchFileSnapshot(join(GOLDEN, `${name}.yml`));
  });

  test("ends with the commands that come next, and they work", async () => {
    await using folder = await temporaryFolder();
    const output = join(folder.path, "my file.yml");
    const { stdout } = await init(["--machine=nas", "--notify=telegram 5", `--output=${output}`]);
    expect(stdout).toBe(`${output} is written. Next:
  export TELEGRAM_TOKEN=...  # the token of your bot, from @BotFather
  heartbeat-exporter config check --config.file='${output}'
  heartbeat-exporter --config.file='${output}'
`);
    await using checked = runMain(["config", "check", `--config.file=${output}`], { TELEGRAM_TOKEN: "x" });
    expect((await checked.exited).code).toBe(0);
    expect((await stat(output)).mode & 0o777).toBe(0o644);
  });

  test("replaces no file without --force, and lets only its user read what may be secret", async () => {
    await using folder = await temporaryFolder();
    const output = await folder.write("exporter.yml", "mine");
    const flags = ["--machine=nas", "--notify=https://ntfy.sh/topic", `--output=${output}`];
    expect(await init(flags)).toEqual({
      code: 1,
      stdout: "",
      stderr: `${output} exists: pass --force to replace it, or another --output\n`,
    });
    expect(await readFile(output, "utf8")).toBe("mine");
    const { stdout } = await init([...flags, "--force"]);
    expect(stdout).toContain("for you alone, because it holds what may be secret");
    expect((await stat(output)).mode & 0o777).toBe(0o600);
  });

  test("prints to standard output with --output=-", async () => {
    const { code, stdout, stderr } = await init(["--for=models", "--output=-"]);
    expect(code).toBe(0);
    expect(check(stdout)).toEqual([]);
    expect(stderr).toBe(
      "  heartbeat-exporter probe --config.file=exporter.yml\n  heartbeat-exporter --config.file=exporter.yml\n",
    );
  });

  test("warns if relative paths of a blackbox.yml start elsewhere", async () => {
    await using folder = await temporaryFolder();
    const text = "modules: { a: { prober: http, http: { bearer_token_file: token } } }";
    const file = await folder.write("etc/blackbox.yml", text);
    const { stderr } = await init([`--blackbox.file=${file}`, `--output=${join(folder.path, "x.yml")}`]);
    expect(stderr).toContain(`do not start at ${join(folder.path, "etc")} any more\n`);
  });

  test.each([
    [[], "--for: want blackbox, models or homelab"],
    [["--machine=nas", "--url=http://x"], "--for: want blackbox, models or homelab"],
    [["--for=homelab", "--url=http://x"], "--url: has no meaning with --for=homelab"],
    [["--for=models", "--notify=slack"], "--notify: has no meaning with --for=models"],
    [["--url=ftp://x"], "--url: want a URL such as https://example.com"],
    [["--url=http://me:hush@x"], "--url: want a URL without user and password"],
    [["--model=a b"], "--model: want the names of models"],
    [["--key=sk-hush"], "--key: want the name of a variable such as OPENAI_API_KEY"],
    [["--key=A", "--key=B"], "--key: want one answer for each API, of which there are 1"],
    [["--budget=lots"], "--budget: want a number of tokens such as 300k or 2M, or none"],
    [["--machine=a b"], "--machine: want names of letters, digits"],
    [["--job=backup sometimes"], "--job: want after the name hourly, daily, weekly"],
    [["--machine=none", "--job=none"], "--page: want at least one page"],
    [["--page=example.com"], "--page: want a URL such as https://example.com"],
    [
      ["--machine=a", "--notify=telegram"],
      "--notify: want the URL of an ntfy topic, telegram CHAT, discord, slack",
    ],
    [["--blackbox.file=/nowhere"], "--blackbox.file: want a file that can be read (/nowhere: ENOENT)"],
    [["--blackbox.file=package.json"], "--blackbox.file: want a file of blackbox_exporter"],
    [
      ["--for=blackbox", "--blackbox.file=BLACKBOX", "--address=x", "--module=http_2x"],
      "(did you mean http_2xx?)",
    ],
  ])("refuses %j with exit code 2", async (flags, message) => {
    await using folder = await temporaryFolder();
    const blackbox = await folder.write("blackbox.yml", BLACKBOX);
    const args = flags.map((flag) => flag.replace("BLACKBOX", blackbox));
    const { code, stdout, stderr } = await init([...args, `--output=${join(folder.path, "x.yml")}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("hush");
  });
});

describe("every combination of answers to init", () => {
  const product = (...lists: readonly (readonly (readonly string[])[])[]): readonly (readonly string[])[] =>
    lists.reduce<readonly (readonly string[])[]>(
      (all, list) => all.flatMap((before) => list.map((one) => [...before, ...one])),
      [[]],
    );

  const NOTIFY = [
    [],
    ["--notify=https://ntfy.sh/x"],
    ["--notify=telegram @me"],
    ["--notify=discord"],
    ["--notify=slack"],
  ];

  test.each([
    [
      "models",
      product(
        [
          [],
          ["--url=https://api.openai.com/v1"],
          ["--url=https://api.anthropic.com"],
          ["--url=http://[::1]:11434"],
        ],
        [[], ["--model=a"], ["--model=a", "--model=b@https://api.groq.com/openai/v1"]],
        [[], ["--key=none"], ["--key=MY_KEY"], ["--key=/run/secrets/key"]],
        [[], ["--budget=none"], ["--budget=5000"]],
      ),
    ],
    [
      "homelab",
      product(
        [[], ["--machine=none"], ["--machine=a", "--machine=b"]],
        [[], ["--job=none"], ["--job=c", "--job=d hourly", "--job=e 5 4 * * *", "--job=a"]],
        [["--page=https://example.com/a?b={c}", "--page=http://10.0.0.1"]],
        NOTIFY,
      ),
    ],
    [
      "blackbox",
      product(
        [["--blackbox.file=BLACKBOX"]],
        [[], ["--address=http://a"], ["--address=http://a", "--address=b:1", "--module=tcp_connect"]],
        NOTIFY,
      ),
    ],
  ])("of %s passes the check", async (profile, combinations) => {
    await using folder = await temporaryFolder();
    const blackbox = await folder.write("blackbox.yml", BLACKBOX);
    expect(combinations.length).toBeGreaterThan(10);
    const remarks: string[] = [];
    for (const flags of combinations) {
      const args = [`--for=${profile}`, ...flags.map((flag) => flag.replace("BLACKBOX", blackbox))];
      const { code, stdout } = await init([...args, "--output=-"]);
      expect(code).toBe(0);
      // Keys that were declined, or that a side-car writes later.
      const expected = /refuses requests without a key|cannot be used yet|clear text/;
      const others = check(stdout).filter((text) => !expected.test(text));
      remarks.push(...others.map((text) => `${args.join(" ")}: ${text}`));
    }
    expect(remarks).toEqual([]);
  });
});

describe("heartbeat-exporter init on a terminal", () => {
  const onTerminal = (folder: TemporaryFolder, ...args: readonly string[]) => {
    const program = join(import.meta.dirname, "../../src/main.ts");
    const env = { ...process.env, TERM: "xterm" };
    return openTerminal([process.execPath, program, "init", ...args], { cwd: folder.path, env });
  };

  test.each([
    {
      profile: "models",
      answers: [
        "models",
        "https://api.openai.com/v1",
        "gpt-4o-mini, llama3.2@http://ollama:11434/v1",
        "",
        "none",
      ],
      flags: [
        "--url=https://api.openai.com/v1",
        "--model=gpt-4o-mini",
        "--model=llama3.2@http://ollama:11434/v1",
        "--budget=none",
      ],
    },
    {
      profile: "homelab",
      answers: ["h", "nas, pi", "backup 0,30 3 * * *, photos 6h", "https://example.com", "discord"],
      flags: [
        "--machine=nas",
        "--machine=pi",
        "--job=backup 0,30 3 * * *",
        "--job=photos 6h",
        "--page=https://example.com",
        "--notify=discord",
      ],
    },
    {
      profile: "blackbox",
      answers: ["blackbox", "", "https://example.com, b:1", "tcp_connect", "https://ntfy.sh/x"],
      flags: [
        "--blackbox.file=blackbox.yml",
        "--address=https://example.com",
        "--address=b:1",
        "--module=tcp_connect",
        "--notify=https://ntfy.sh/x",
      ],
    },
  ])("asks five questions of $profile", async ({ answers, flags }) => {
    await using folder = await temporaryFolder();
    await folder.write("blackbox.yml", BLACKBOX);
    await using terminal = onTerminal(folder);
    for (const answer of answers) {
      await terminal.waitFor(/\[[^\]]*\] $/);
      terminal.type(`${answer}\r`);
    }
    await terminal.waitFor(
      /exporter\.yml is written.*\. Next:\n[^]*heartbeat-exporter --config\.file=exporter\.yml\n/,
    );
    expect((await terminal.exited).code).toBe(0);
    const inFolder = (text: string): string => text.replaceAll(`${folder.path}/`, "");
    const typed = await readFile(join(folder.path, "exporter.yml"), "utf8");
    const args = flags.map((flag) => flag.replace("blackbox.yml", join(folder.path, "blackbox.yml")));
    expect(typed).toBe(inFolder(await written(folder, ...args)));
  });

  test("asks again after an answer of another form, and nothing that a flag answers", async () => {
    await using folder = await temporaryFolder();
    await using terminal = onTerminal(folder, "--url=http://127.0.0.1:1/v1", "--budget=none");
    await terminal.waitFor(/Which models.*\[llama3\.2\] $/);
    terminal.type("\r");
    await terminal.waitFor(/Where is the API key of 127\.0\.0\.1:1.*\[none\] $/);
    terminal.type("sk-1234\r");
    await terminal.waitFor(/want the name of a variable[^]*\[none\] $/);
    terminal.type("\r");
    await terminal.waitFor(/exporter\.yml is written/);
    expect(await readFile(join(folder.path, "exporter.yml"), "utf8")).not.toContain("sk-1234");
  });

  test.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("writes nothing after %s", async (_name, key) => {
    await using folder = await temporaryFolder();
    await using terminal = onTerminal(folder);
    await terminal.waitFor(/\[models\] $/);
    terminal.type(key);
    await terminal.waitFor(/stopped; nothing was written/);
    expect((await terminal.exited).code).toBe(1);
    await expect(stat(join(folder.path, "exporter.yml"))).rejects.toThrow("ENOENT");
  });
});
