import { Command } from "commander";
import type { Choose } from "./commands.ts";
import { CommandError, EXIT, withUsageExit } from "./shell.ts";

const BACKUP_HELP = `
An exporter may be running on the store; the copy is what it held at one moment. A file that exists is not overwritten.

Examples:
  heartbeat-exporter backup --storage.path=/var/lib/heartbeat-exporter/store.db /backups/heartbeat-$(date +%F).db
`;

const RESTORE_HELP = `
Every page of the backup is looked at first. No exporter may be running on the store; what was there is renamed, and the
new name is said on standard error.

Examples:
  heartbeat-exporter restore /backups/heartbeat-2025-09-18.db --storage.path=/var/lib/heartbeat-exporter/store.db
`;

/** `backup FILE`: a copy of the store, taken while an exporter runs. */
export const backupCommand = (choose: Choose): Command =>
  withUsageExit(new Command("backup"))
    .description("write a copy of the store to a file")
    .argument("<file>", "the copy, which must not exist yet")
    .requiredOption("--storage.path <file>", "the store of the exporter")
    .addHelpText("after", BACKUP_HELP)
    .action((file: string, { "storage.path": path }: StoreFlags) => {
      choose(async () => {
        const { backupStore } = await import("../store/backup.ts");
        refusing(() => backupStore(path, file));
        return EXIT.good;
      });
    });

/** `restore FILE`: puts a backup in the place of the store. */
export const restoreCommand = (choose: Choose): Command =>
  withUsageExit(new Command("restore"))
    .description("put a backup in the place of the store")
    .argument("<file>", "what backup wrote")
    .requiredOption("--storage.path <file>", "the store of the exporter")
    .addHelpText("after", RESTORE_HELP)
    .action((file: string, { "storage.path": path }: StoreFlags) => {
      choose(async (shell) => {
        const { restoreStore } = await import("../store/backup.ts");
        const at = new Date(shell.clock.now() * 1000);
        const aside = refusing(() => restoreStore(file, path, at));
        if (aside !== undefined) shell.err(`what was there is ${aside} now\n`);
        return EXIT.good;
      });
    });

interface StoreFlags {
  readonly "storage.path": string;
}

/** A store that refuses says why, and names the file. */
function refusing<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "StoreError") throw error;
    throw new CommandError(error.message, "failed", { cause: error });
  }
}
