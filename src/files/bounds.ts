import type { Stats } from "node:fs";
import { FileTooLargeError, NotRegularError } from "../core/file-errors.ts";

/*
 * Bounds of what is read at once. A file may be anything: a pipe without a writer, a device that never ends, a terminal. A reader
 * without bounds would wait or grow without end.
 */

/** Largest file that is read at once, in bytes, if its reader has no smaller bound. */
export const LARGEST_FILE = 64 * 2 ** 20;

/** Bytes that are read at once from a file whose size is not known, such as those of /proc. */
const CHUNK = 64 * 1024;

/** Throws for a device, a pipe or a socket, and for a file that is larger than `most`. A folder fails when it is read. */
export function checkRegular(path: string, stats: Stats, most: number): void {
  if (!stats.isFile() && !stats.isDirectory()) throw new NotRegularError(path);
  if (stats.isFile() && stats.size > most) throw new FileTooLargeError(path, most);
}

/** The content of a file while it is read. It may grow meanwhile. */
export interface BoundedContent {
  /** Returns the next buffer to read into. */
  next(): Buffer;
  /**
   * Adds the first bytes of that buffer.
   * @throws FileTooLargeError if it is more than the bound now
   */
  add(bytes: number): void;
  whole(): Buffer;
}

/**
 * Collects the content of a file.
 * @param size the expected size, in bytes
 */
export function boundedContent(path: string, size: number, most: number): BoundedContent {
  const parts: Buffer[] = [];
  let length = 0;
  // One more byte than expected, so that the end is seen without another buffer.
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(size, CHUNK), most) + 1);
  let used = 0;
  return {
    next() {
      if (used === buffer.length) {
        parts.push(buffer);
        buffer = Buffer.allocUnsafe(CHUNK);
        used = 0;
      }
      return buffer.subarray(used);
    },
    add(bytes) {
      used += bytes;
      length += bytes;
      if (length > most) throw new FileTooLargeError(path, most);
    },
    whole: () =>
      parts.length === 0 ? buffer.subarray(0, used) : Buffer.concat([...parts, buffer.subarray(0, used)]),
  };
}
