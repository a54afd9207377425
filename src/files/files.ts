import { type BigIntStats, constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { FileHangsError } from "../core/file-errors.ts";
import { boundedContent, checkRegular, LARGEST_FILE } from "./bounds.ts";
import { processGuard } from "./process-guard.ts";

/*
 * The way to files while the exporter runs. A file system that does not answer keeps the thread of an operation, so these
 * refuse files and mounts that hang; see `createFileGuard`. All reject with a `FileHangsError` then, and otherwise like
 * `node:fs/promises`.
 */

/** Returns the facts of a small file such as a key. Rejects if it does not answer within a second. */
export const statSmall = (path: string): Promise<Stats> =>
  processGuard.run(path, "names", () => fs.stat(path), false);

/** As `fs.realpath`. Rejects if it does not answer within a second. */
export const realpathSoon = (path: string): Promise<string> =>
  processGuard.run(path, "names", () => fs.realpath(path), false);

/**
 * Reads a small regular file such as a key or the body of a request. Rejects if it does not answer within a second, with a
 * `NotRegularError` for a pipe, a socket or a device, which may never end, and with a `FileTooLargeError`.
 * @param most largest size, in bytes
 */
export const readSmall = (path: string, most = LARGEST_FILE): Promise<Buffer> =>
  processGuard.run(
    path,
    "content",
    async () => {
      // A pipe without a writer would block the thread for ever.
      await using handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stats = await handle.stat();
      checkRegular(path, stats, most);
      const content = boundedContent(path, stats.size, most);
      for (;;) {
        const { bytesRead } = await handle.read(content.next());
        if (bytesRead === 0) return content.whole();
        content.add(bytesRead);
      }
    },
    false,
  );

/** As `fs.stat` with `bigint`. Waits for as long as it takes. */
export const stat = (path: string): Promise<BigIntStats> =>
  processGuard.run(path, "names", () => fs.stat(path, { bigint: true }), true);

/** As `fs.lstat`. Waits for as long as it takes. */
export const lstat = (path: string): Promise<Stats> =>
  processGuard.run(path, "names", () => fs.lstat(path), true);

/** As `fs.readlink`. Waits for as long as it takes. */
export const readlink = (path: string): Promise<string> =>
  processGuard.run(path, "names", () => fs.readlink(path), true);

/** As `fs.realpath`. Waits for as long as it takes. */
export const realpath = (path: string): Promise<string> =>
  processGuard.run(path, "names", () => fs.realpath(path), true);

/** As `fs.readdir`. Waits for as long as it takes. */
export const readdir = (path: string): Promise<string[]> =>
  processGuard.run(path, "names", () => fs.readdir(path), true);

/**
 * As `fs.glob`. Each step waits for as long as it takes.
 * @param base a folder that all matches are in
 */
export async function* glob(pattern: string, base = dirname(pattern)): AsyncGenerator<string> {
  const matching = fs.glob(pattern)[Symbol.asyncIterator]();
  for (;;) {
    const next = await processGuard.run(base, "names", () => matching.next(), true);
    if (next.done === true) return;
    yield next.value;
  }
}

/** An open file. Its operations wait for as long as they take. */
export interface OpenedFile {
  readonly fd: number;
  stat(): Promise<BigIntStats>;
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }>;
  /** Closes the file; one on a mount that hangs is closed when that answers again. */
  close(): Promise<void>;
}

/** Time after which closing a file of a mount that hangs is tried again, in milliseconds. */
const CLOSE_AGAIN_MS = 10_000;

/** Flags with which neither a pipe is waited for nor a symbolic link followed. */
const PLAIN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Opens a file for reading, but no symbolic link. Waits for as long as it takes. */
export async function openPlain(path: string): Promise<OpenedFile> {
  const handle = await processGuard.run(path, "content", () => fs.open(path, PLAIN), true);
  const close = async (): Promise<void> => {
    let isClosing = false;
    const run = (): Promise<void> => {
      isClosing = true;
      return handle.close();
    };
    try {
      await processGuard.run(path, "content", run, false);
    } catch (error) {
      if (!(error instanceof FileHangsError)) throw error;
      if (!isClosing) setTimeout(() => void close().catch(() => {}), CLOSE_AGAIN_MS).unref();
    }
  };
  return {
    fd: handle.fd,
    stat: () => processGuard.run(path, "content", () => handle.stat({ bigint: true }), true),
    read: (buffer, offset, length, position) =>
      processGuard.run(path, "content", () => handle.read(buffer, offset, length, position), true),
    close,
  };
}

/** Returns the number of operations on files that hang now. While there are any, `process.exit` would wait for them. */
export const hangingOperations = (): number => processGuard.hanging();

/** Calls `listener` with a text for people when a file or mount stops to answer, and when it answers again. */
export const onHangingFiles = (listener: (text: string) => void): void => processGuard.onChange(listener);
