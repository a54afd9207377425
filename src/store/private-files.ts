import {
  chmodSync,
  chownSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { StoreError } from "./failure.ts";

/** Permissions of every file of the store. It holds results, events and dead letters, which may quote what others sent. */
const PRIVATE = 0o600;
/** Permissions of a folder made for the store. */
const PRIVATE_FOLDER = 0o700;
/** Permissions of the group and of other users. */
const OF_OTHERS = 0o077;

/** Parts of the names that follow the store's own name: its log, lock, and copies that were put aside. */
const RELATED = /^-(?:wal|shm|lock)$|^\.(?:corrupt|displaced|replaced|partial)-/;

/** Size of the pieces in which a file is copied. */
const PIECE_BYTES = 2 ** 20;

/**
 * Creates a folder and its parents. `mkdirSync` with `recursive` never returns below `/proc`, where a folder cannot be
 * created although its parent is there.
 * @throws the error of the folder that cannot be created
 */
export function createFolder(path: string, mode = 0o777): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) createFolder(parent, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have created it.
    if (!isFolder(path)) throw error;
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Creates an empty file that only its owner can read, with its folder, unless it is there. SQLite would give a file what the
 * umask leaves; its log and index get the permissions of the main file.
 * @throws StoreError if there is something else than a file
 */
export function createPrivateFile(path: string): void {
  if (isRegularFile(path)) return;
  createFolder(dirname(path), PRIVATE_FOLDER);
  // An existing database is never opened here: closing the file would drop SQLite's locks of this process.
  closePrivate(openSync(path, "a", PRIVATE));
}

/**
 * Returns false if there is nothing at `path`.
 * @throws StoreError if there is something else than a file, such as a pipe, which could be read for ever
 */
export function isRegularFile(path: string): boolean {
  const present = statSync(path, { throwIfNoEntry: false });
  if (present?.isFile() === false) {
    throw new StoreError({ failure: "io", message: `${path} is not a regular file` });
  }
  return present !== undefined;
}

function closePrivate(file: number): void {
  try {
    // The umask may have removed the owner's own permissions.
    fchmodSync(file, PRIVATE);
  } finally {
    closeSync(file);
  }
}

/**
 * Takes the permissions of other users from the files of a store, which an older version or another program may have given
 * them.
 * @returns the files whose permissions cannot be changed
 */
export function makePrivate(path: string): readonly string[] {
  const folder = dirname(path);
  const name = basename(path);
  return readdirSync(folder)
    .filter((one) => one === name || (one.startsWith(name) && RELATED.test(one.slice(name.length))))
    .map((one) => join(folder, one))
    .filter((file) => !tighten(file));
}

/** Returns false if other users keep their permissions. */
function tighten(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || (found.mode & OF_OTHERS) === 0) return true;
  try {
    chmodSync(file, found.mode & 0o700);
    return true;
  } catch {
    return false;
  }
}

/** Copies a file to a new one that only its owner can read. Unlike `copyFile`, never gives it the original's permissions. */
export function copyPrivately(from: string, to: string): void {
  const source = openSync(from, "r");
  try {
    const target = openSync(to, "wx", PRIVATE);
    try {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      for (let read = readSync(source, piece); read > 0; read = readSync(source, piece)) {
        for (let written = 0; written < read; ) written += writeSync(target, piece, written, read - written);
      }
    } finally {
      closePrivate(target);
    }
  } finally {
    closeSync(source);
  }
}

/**
 * Gives a file of root to the owner of another file, so that the exporter, which does not run as root, can open what root
 * has restored. Other users, and root without the capability, cannot give files away.
 */
export function giveTo(file: string, like: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  try {
    chownSync(file, uid, gid);
  } catch {
    // The exporter reports a file that it cannot open.
  }
}
