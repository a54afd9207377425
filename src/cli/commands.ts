import type { Command } from "commander";
import { backupCommand, restoreCommand } from "./backup.ts";
import { completionCommand } from "./completion.ts";
import { configCommand } from "./config.ts";
import { dashboardCommand } from "./dashboard.ts";
import { estimateCommand } from "./estimate.ts";
import { initCommand } from "./init.ts";
import { notifyCommand } from "./notify.ts";
import { packCommand } from "./pack/pack.ts";
import { parseCommand } from "./parse.ts";
import { probeCommand } from "./probe.ts";
import { reportCommand } from "./report.ts";
import type { Choose } from "./shell.ts";

/** Returns every command except `serve`. A new command is one file and one line here. */
export const commands = (choose: Choose): readonly Command[] => [
  initCommand(choose),
  probeCommand(choose),
  reportCommand(choose),
  dashboardCommand(choose),
  configCommand(choose),
  estimateCommand(choose),
  notifyCommand(choose),
  packCommand(choose),
  parseCommand(choose),
  backupCommand(choose),
  restoreCommand(choose),
  completionCommand(choose),
];
