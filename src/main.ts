#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=4 --heap-growing-percent=70
import "./files/pool.ts";
import { readFileSync } from "node:fs";
import { readCommandLine } from "./cli/flags.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const commandLine = readCommandLine(process.argv, version);
// Loads only what the command line asks for: the exporter takes longer to load than most commands take.
if (commandLine.kind === "command") {
  const { runCommand } = await import("./cli/run-command.ts");
  await runCommand(commandLine.run, version);
} else {
  const { serve } = await import("./app/serve.ts");
  await serve({ flags: commandLine.flags, env: process.env, version });
}
