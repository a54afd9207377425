import { Command } from "commander";
import { type Choose, CommandError, EXIT, withUsageExit } from "./shell.ts";

const BACKUP_HELP = `
The exporter may keep running: the copy is a consistent snapshot. An existing file is never overwritten.

Exit code: 0 copied, 1 not copied, 2 wrong flags.

Examples:
  heartbeat-exporter backup --storage.path=/var/lib/heartbeat-exporter/store.db /backups/heartbeat-$(date +%F).db
`;

const RESTORE_HELP = `
Stop the exporter first. Every page of the backup is verified before anything changes. The replaced store is renamed, and
its new name is printed to standard error.

Exit code: 0 restored, 1 not restored, 2 wrong flags.

Examples:
  heartbeat-exporter restore /backups/heartbeat-2025-09-18.db --storage.path=/var/lib/heartbeat-exporter/store.db
`;

/** Defines `backup FILE`, which copies the store, also while an exporter uses it. */
export const backupCommand = (choose: Choose): Command =>
  withUsageExit(new Command("backup"))
    .description("Copy the exporter's store to a file.")
    .argument("<file>", "file to write; it must not exist")
    .requiredOption("--storage.path <file>", "the exporter's store")
    .addHelpText("after", BACKUP_HELP)
    .action((file: string, { "storage.path": path }: StoreFlags) => {
      choose(async () => {
        const { backupStore } = await import("../store/backup.ts");
        asCommandError(() => backupStore(path, file));
        return EXIT.good;
      });
    });

/** Defines `restore FILE`, which replaces the store with a backup. */
export const restoreCommand = (choose: Choose): Command =>
  withUsageExit(new Command("restore"))
    .description("Replace the exporter's store with a backup.")
    .argument("<file>", "file that backup wrote")
    .requiredOption("--storage.path <file>", "the exporter's store")
    .addHelpText("after", RESTORE_HELP)
    .action((file: string, { "storage.path": path }: StoreFlags) => {
      choose(async (shell) => {
        const { restoreStore } = await import("../store/backup.ts");
        const at = new Date(shell.clock.now() * 1000);
        const replaced = asCommandError(() => restoreStore(file, path, at));
        if (replaced !== undefined) shell.err(`the replaced store was renamed to ${replaced}\n`);
        return EXIT.good;
      });
    });

interface StoreFlags {
  readonly "storage.path": string;
}

/** Runs `action` and turns a StoreError, whose message names the file, into a CommandError. */
function asCommandError<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "StoreError") throw error;
    throw new CommandError(error.message, "failed", { cause: error });
  }
}
