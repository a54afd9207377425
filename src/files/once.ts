import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { SilentPipeError } from "../core/file-errors.ts";
import { type Seconds, seconds, toMilliseconds } from "../core/units.ts";
import { boundedContent, checkRegular, LARGEST_FILE } from "./bounds.ts";

/** Pause between two looks at a pipe that is empty, in milliseconds. */
const PAUSE_MS = 10;

const ASLEEP = new Int32Array(new SharedArrayBuffer(4));

/** Waits without the event loop. */
const sleep = (milliseconds: number): void => void Atomics.wait(ASLEEP, 0, 0, milliseconds);

/** How a file is read. */
export interface OnceOptions {
  /** Most bytes that are accepted. */
  readonly most?: number;
  /** How long a pipe or a terminal may be silent; without it, only regular files are read. */
  readonly patience?: Seconds | undefined;
}

/**
 * Reads a file at once, blocking the process, as one does that has nothing else to do yet. A pipe is read to its end, and its
 * writer is waited for.
 * @throws NotRegularError, FileTooLargeError, SilentPipeError, or an error of `node:fs`
 */
export function readOnce(path: string, { most = LARGEST_FILE, patience }: OnceOptions = {}): Buffer {
  // Without O_NONBLOCK, opening a pipe waits for its writer for ever.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (patience === undefined || stats.isFile()) checkRegular(path, stats, most);
    const content = boundedContent(path, stats.size, most);
    let heardAt = performance.now();
    let isSilent = true;
    for (;;) {
      const bytes = readSome(fd, content.next());
      if (bytes !== undefined && bytes > 0) {
        content.add(bytes);
        heardAt = performance.now();
        isSilent = false;
        continue;
      }
      // The end of a pipe is seen too while its writer has not come yet.
      const isEnd = bytes === 0 && !(stats.isFIFO() && isSilent);
      if (isEnd) return content.whole();
      if (performance.now() - heardAt > toMilliseconds(patience ?? seconds(0)))
        throw new SilentPipeError(path, patience ?? seconds(0));
      sleep(PAUSE_MS);
    }
  } finally {
    closeSync(fd);
  }
}

/** Returns the number of bytes that were read, `undefined` if there are none yet. */
function readSome(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
    throw error;
  }
}
