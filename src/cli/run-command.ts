import { ConfigError } from "../config/document/problems.ts";
import { systemClock } from "../core/clock.ts";
import { truncate } from "../core/truncate.ts";
import { endAfterOutput } from "../files/end-process.ts";
import { CommandError, EXIT, type Run, type Shell } from "./shell.ts";

/** Runs a command on the streams of this process and exits with its exit code. */
export async function runCommand(run: Run, version: string): Promise<void> {
  // The reader of a pipe, such as head, may close it early.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.good);
  });
  const shell = processShell(version);
  let code: number;
  try {
    code = await run(shell);
  } catch (error) {
    shell.progress("");
    if (!(error instanceof CommandError || error instanceof ConfigError)) throw error;
    shell.err(`${error.message}\n`);
    if (error instanceof ConfigError) for (const hint of error.hints) shell.err(`warning: ${hint}\n`);
    code = error instanceof CommandError ? error.exitCode : EXIT.usage;
  }
  await endAfterOutput(code);
}

function processShell(version: string): Shell {
  const { stdout, stderr, env } = process;
  const plain = env["TERM"] === "dumb" || (env["NO_COLOR"] ?? "") !== "";
  return {
    version,
    env,
    clock: systemClock,
    colours: stdout.isTTY && !plain,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    progress(text) {
      if (!stderr.isTTY || env["TERM"] === "dumb") return;
      stderr.write(`\r\x1b[K${truncate(text, (stderr.columns || 80) - 1)}`);
    },
  };
}
