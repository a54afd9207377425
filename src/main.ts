import "./files/pool.ts";
import { readCommandLine } from "./cli/flags.ts";
import { VERSION } from "./core/version.ts";

const commandLine = readCommandLine(process.argv, VERSION);
// Loads only what the command line asks for: the exporter takes longer to load than most commands take.
if (commandLine.kind === "command") {
  const { runCommand } = await import("./cli/run-command.ts");
  await runCommand(commandLine.run, VERSION);
} else {
  const { serve } = await import("./app/serve.ts");
  const { isStartedByHand } = await import("./demo/own-command.ts");
  await serve({
    flags: commandLine.flags,
    env: process.env,
    version: VERSION,
    startedByHand: isStartedByHand(process.env),
  });
}
