#!/usr/bin/env -S node --max-semi-space-size=4
import { readFileSync } from "node:fs";
import { serve } from "./app/serve.ts";
import { readCommandLine } from "./cli/flags.ts";
import { runCommand } from "./cli/run-command.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const commandLine = readCommandLine(process.argv, version);
if (commandLine.kind === "command") await runCommand(commandLine.run, version);
else await serve({ flags: commandLine.flags, env: process.env, version });
