import type { Command } from "commander";
import { backupCommand, restoreCommand } from "./backup.ts";
import { configCommand } from "./config.ts";
import { dashboardCommand } from "./dashboard.ts";
import { estimateCommand, printEstimate } from "./estimate.ts";
import { packCommand, printPack } from "./pack/pack.ts";
import { parseCommand, printParsed } from "./parse.ts";
import { probeCommand } from "./probe.ts";
import { reportCommand } from "./report.ts";
import type { Run } from "./shell.ts";

/** Told by a command that it is the one to run. */
export type Choose = (run: Run) => void;

/** Every command of the program besides serving. Adding one = one file, and its line here. */
export const commands = (choose: Choose): readonly Command[] => [
  probeCommand(choose),
  reportCommand(choose),
  dashboardCommand(choose),
  configCommand(choose),
  estimateCommand((flags) => choose((shell) => printEstimate(flags, shell))),
  packCommand((flags) => choose(async (shell) => printPack(flags, shell))),
  parseCommand((flags) => choose((shell) => printParsed(flags, shell))),
  backupCommand(choose),
  restoreCommand(choose),
];
