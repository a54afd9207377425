import { appendFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import { seconds } from "../../src/core/units.ts";
import { runMain } from "../helpers/exporter.ts";
import { freePort, type Running, run, waitUntil } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { tool } from "../helpers/tools.ts";
import { type Block, blocksOf, ROOT } from "./blocks.ts";
import { shellCommands } from "./shell-commands.ts";

/** A page that was followed. */
export interface Walk {
  /** The commands that ran, with what they printed. */
  readonly steps: readonly { readonly command: string; readonly output: string }[];
  /** The commands that were left to other tests, because their program needs more than this machine. */
  readonly skipped: readonly string[];
}

/** Programs that other tests run: those of images, clusters and packages. */
const ELSEWHERE = new Set(["docker", "kubectl", "helm", "npm"]);

/**
 * Follows a page to the letter in an empty folder: writes the files that it shows, runs its commands in order, keeps the exporter that
 * it starts running, and ends at the first command that fails.
 * @param local replaces addresses of the page by those of this machine
 * @throws Error with the command that failed and all that it printed
 */
export async function walk(
  page: string,
  {
    local,
    env,
  }: { readonly local: (text: string) => string; readonly env: Readonly<Record<string, string>> },
): Promise<Walk> {
  await using folder = await temporaryFolder();
  const bin = await writePrograms(folder);
  const steps: { command: string; output: string }[] = [];
  const skipped: string[] = [];
  let exporter: Running | undefined;
  let port = 0;
  const here = (text: string): string =>
    local(text.replaceAll(/localhost:(?:8091|9115)\b/g, `127.0.0.1:${port}`));

  const start = async (command: string): Promise<void> => {
    await exporter?.stop();
    port = await freePort();
    const line = command.replace(/ --web\.listen-address=\S+/, "");
    const [parsed] = shellCommands(line);
    const args = (parsed?.words.slice(1) ?? []).map((word) =>
      word.replace(/^(--[\w.]+=)(?=[\w-]+\.\w+$)/, `$1${folder.path}/`),
    );
    // Without a configuration npx shows the demonstration.
    if (args.length === 0 && Object.keys(parsed?.env ?? {}).length === 0) args.push("--demo");
    exporter = runMain([...args, `--web.listen-address=127.0.0.1:${port}`], { ...env, ...parsed?.env });
    await exporter.waitForHttp(`http://127.0.0.1:${port}/-/ready`);
    // A user has not read on before each target was probed, if it is probed without a scrape.
    await waitUntil("the first probes", async () => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/targets`);
      const { targets } = (await response.json()) as {
        targets: { schedule: string; last_probe: string | null }[];
      };
      return targets.every((one) => one.schedule !== "interval" || one.last_probe !== null)
        ? true
        : undefined;
    });
  };

  try {
    for (const block of blocksOf(page)) {
      if (block.language === "yaml") await writeFiles(folder, block, local);
      if (block.language !== "sh") continue;
      for (const typed of commandsOf(block.text)) {
        const command = typed.replace(/\bnpx heartbeat-exporter\b/, "heartbeat-exporter");
        const [program = ""] = shellCommands(command)[0]?.words ?? [];
        if (ELSEWHERE.has(program)) skipped.push(command);
        else if (startsExporter(command)) {
          await start(here(command));
          steps.push({ command, output: exporter?.output() ?? "" });
        } else {
          const { code, stdout, stderr } = await run(["sh", "-c", here(command)], {
            cwd: folder.path,
            env: { ...process.env, ...env, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
            deadline: seconds(60),
          });
          if (code !== 0)
            throw new Error(`${block.place}: ${command}\nended with ${code}\n${stdout}${stderr}`);
          steps.push({ command, output: stdout + stderr });
        }
      }
    }
  } finally {
    await exporter?.stop();
  }
  return { steps, skipped };
}

/** Splits a block into its commands, each on one or several continued lines. */
const commandsOf = (text: string): readonly string[] =>
  text
    .replaceAll("\\\n", " ")
    .split("\n")
    // A quoted text may go on over lines.
    .reduce<string[]>((lines, line) => {
      const last = lines.at(-1);
      if (last !== undefined && (last.match(/'/g)?.length ?? 0) % 2 === 1)
        lines[lines.length - 1] = `${last}\n${line}`;
      else lines.push(line);
      return lines;
    }, [])
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));

/** Says if a command runs until it is stopped. */
function startsExporter(command: string): boolean {
  const [first] = shellCommands(command);
  const [program, word] = first?.words ?? [];
  return program === "heartbeat-exporter" && (word === undefined || word.startsWith("--config.file"));
}

/** Writes the file that the first line of a block names: `# NAME`, or `# add to NAME`. */
async function writeFiles(
  folder: TemporaryFolder,
  { text }: Block,
  local: (text: string) => string,
): Promise<void> {
  const [, more, name] = /^# (add to )?([\w.-]+)\n/.exec(text) ?? [];
  if (name === undefined) return;
  if (more === undefined) await folder.write(name, local(text));
  else await appendFile(join(folder.path, name), `\n${local(text)}`);
}

/** Writes the programs of the page as scripts: the exporter of this checkout, tools of Prometheus, and a curl that fails as its request does. */
async function writePrograms(folder: TemporaryFolder): Promise<string> {
  const promtool = tool("promtool", "newest").argv.map((word) => `'${word}'`);
  const programs = {
    "heartbeat-exporter": `exec '${process.execPath}' '${join(ROOT, "src/main.ts")}' "$@"`,
    promtool: `exec ${promtool.join(" ")} "$@"`,
    curl: `PATH="\${PATH#*:}"; case "$*" in *[0-9]/readyz*|*[0-9]/livez*) ;; *) set -- --fail "$@";; esac; exec curl -m 30 "$@"`,
  };
  for (const [name, line] of Object.entries(programs)) {
    const file = await folder.write(`.programs/${name}`, `#!/bin/sh\n${line}\n`);
    await chmod(file, 0o755);
  }
  return join(folder.path, ".programs");
}
