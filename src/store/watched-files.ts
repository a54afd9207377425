import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { WAL_CHECKPOINT_BYTES } from "./database.ts";
import type { Loss } from "./protocol.ts";

/** Descriptions of losses, for the log. */
export const LOSS_TEXTS: Readonly<Record<Loss, string>> = {
  removed: "the file was removed",
  replaced: "another file is in its place",
  truncated: "the file was truncated",
  log_removed: "its write-ahead log or index (-wal, -shm) was removed or replaced",
  log_truncated: "its write-ahead log (-wal) was truncated or overwritten",
};

/** The files of an open store. */
export interface WatchedFiles {
  /**
   * Compares what is at the path with what is open, and remembers its sizes. Called before and after each change, between which only
   * their one writer changes sizes.
   * @returns `undefined` if all is well
   */
  loss(): Loss | undefined;
}

interface Remembered {
  readonly main: Stats | undefined;
  readonly log: Stats | undefined;
  readonly index: Stats | undefined;
  /** Pages of the database, most of which may still be in the log. */
  readonly pages: number;
}

/** Size of the header of a log, and the number that it begins with, without its last bit: https://sqlite.org/fileformat.html#walformat */
const HEADER_BYTES = 32;
const MAGIC = 0x37_7f_06_82;

/** Where the files of an open database are. */
export interface FilePlace {
  /** As configured: a symbolic link may be changed. */
  readonly path: string;
  /** The same path without symbolic links. */
  readonly location: string;
  /** The main file before it was opened. */
  readonly main: Stats;
}

/** Watches the files of an open database. */
export function watchFiles(db: DatabaseSync, { path, location, main: opened }: FilePlace): WatchedFiles {
  const pageCount = db.prepare("pragma page_count");
  const pages = (): number => Number(pageCount.get()?.["page_count"] ?? 0);
  const pageSize = Number(db.prepare("pragma page_size").get()?.["page_size"]);
  const look = (): Omit<Remembered, "pages"> => ({
    main: statOf(path),
    log: statOf(`${location}-wal`),
    index: statOf(`${location}-shm`),
  });
  // Files may be removed while they are being opened. They are missing here then, and lost from the beginning.
  const hasLog = db.prepare("pragma journal_mode").get()?.["journal_mode"] === "wal";
  let known: Remembered = { ...look(), main: opened, pages: pages() };

  /** A checkpoint may have shrunk the file to what the database has had since. */
  const isTruncated = (size: number): boolean => {
    if (size >= Math.min(known.main?.size ?? 0, known.pages * pageSize)) return false;
    try {
      return size === 0 || size < pages() * pageSize;
    } catch {
      return true;
    }
  };

  const compare = ({ main, log, index }: Omit<Remembered, "pages">): Loss | undefined => {
    if (main === undefined) return "removed";
    if (!isSame(main, known.main)) return "replaced";
    if (isTruncated(main.size)) return "truncated";
    if (hasLog) {
      if (!isSame(log, known.log)) return "log_removed";
      // SQLite itself shortens a longer log.
      if (log.size < Math.min(known.log?.size ?? 0, WAL_CHECKPOINT_BYTES)) return "log_truncated";
      if (log.size > 0 && !hasHeader(`${location}-wal`)) return "log_truncated";
    }
    return hasLog && !isSame(index, known.index) ? "log_removed" : undefined;
  };

  return {
    loss() {
      const now = look();
      const loss = compare(now);
      // One look for both: what happens after it is found by the next.
      if (loss === undefined) known = { ...now, pages: pages() };
      return loss;
    },
  };
}

/** Below something that is no folder there is no file either. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const isSame = (one: Stats | undefined, other: Stats | undefined): one is Stats =>
  one !== undefined && one.dev === other?.dev && one.ino === other.ino;

/** A log that was truncated and then written further begins with zeros. Closing a log releases no lock: SQLite locks other files. */
function hasHeader(log: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const file = openSync(log, "r");
    try {
      return (
        readSync(file, header, 0, HEADER_BYTES, 0) === HEADER_BYTES && (header.readUInt32BE() & ~1) === MAGIC
      );
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
