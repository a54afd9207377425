import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";

/** Time for which the table of mounts is taken as unchanged. */
const READ_EVERY = seconds(5);

/** The kernel answers for this file by itself, so that reading it waits for no file system. */
const TABLE = "/proc/self/mountinfo";

/** A mounted file system. */
export interface Mount {
  /** Differs if another file system is mounted at the same place later. */
  readonly id: string;
  /** The path at which it is mounted, for people. */
  readonly name: string;
}

/**
 * Returns a function that finds the mount of a path without symbolic links. Where there is no `/proc/self/mountinfo`, the
 * folder of the file stands for its mount.
 */
export function mountTable(clock: Clock, table = TABLE): (path: string) => Mount {
  let readAt: number | undefined;
  let mounts: ReadonlyMap<string, Mount> = new Map();
  const current = (): ReadonlyMap<string, Mount> => {
    const now = clock.monotonic();
    if (readAt === undefined || now - readAt >= READ_EVERY) {
      readAt = now;
      mounts = parseMounts(textOf(table));
    }
    return mounts;
  };
  return (path) => {
    const known = current();
    for (let at = path; ; at = dirname(at)) {
      const mount = known.get(at);
      if (mount !== undefined) return mount;
      if (at === dirname(at)) break;
    }
    return { id: dirname(path), name: dirname(path) };
  };
}

/** Parses mountinfo, as proc_pid_mountinfo(5) describes it. Of several mounts at one place the last one is on top. */
function parseMounts(text: string): ReadonlyMap<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [mountId, , device, , place] = line.split(" ");
    if (place === undefined) continue;
    const name = place.replace(/\\([0-7]{3})/gu, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    mounts.set(name, { id: `${mountId} ${device}`, name });
  }
  return mounts;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
