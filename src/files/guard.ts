import type { Clock } from "../core/clock.ts";
import { FileHangsError } from "../core/file-errors.ts";
import { forgetOldest } from "../core/forget-oldest.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { createLane, HANGS_AFTER, type Lane, type Operation } from "./lane.ts";
import type { Mount } from "./mounts.ts";

/** Operations of one mount that hang, without an answer since, before the mount counts as dead. */
const DEAD_AFTER = 4;

/** Time for which the real path of a file is taken as unchanged. */
const REAL_PATH_FOR = seconds(60);

/** Most real paths that are remembered. */
const MOST_REAL_PATHS = 10_000;

/**
 * Lateness of a timer from which the event loop was blocked, and answers may wait that it has not handled; of the pool, from
 * which its threads do not get to work.
 */
const LATE = seconds(0.05);

/**
 * The part of a file system that an operation needs: the names and facts of files, or their content. One may answer, also from
 * the memory of the kernel, while the other hangs.
 */
export type FilePart = "names" | "content";

/** Runs operations on files such that a file system that does not answer keeps only a few threads. */
export interface FileGuard {
  /**
   * Runs an operation on the file at `path`. Operations on one file run one after the other.
   * @param patient true to wait for an operation that hangs; otherwise it rejects after a second, and goes on unobserved
   * @throws FileHangsError without a try, if the file or its mount is known not to answer
   */
  run<Value>(path: string, part: FilePart, operation: () => Promise<Value>, patient: boolean): Promise<Value>;
  /** Returns why the file must not be touched now, not even by an operation that blocks the process. */
  refusal(path: string): FileHangsError | undefined;
  /** Returns the number of operations that hang now. */
  hanging(): number;
  /** Calls `listener` when a file or mount stops to answer, and when it answers again. */
  onChange(listener: (text: string) => void): void;
}

/** The surroundings of a guard. */
export interface GuardDeps {
  readonly clock: Clock;
  /** Threads of the pool in which operations on files run. */
  readonly threads: number;
  /** Resolves once a thread of the pool has done next to nothing, without any file. */
  readonly poolAnswers: () => Promise<unknown>;
  readonly mountOf: (realPath: string) => Mount;
  readonly realPath: (path: string) => Promise<string>;
}

/**
 * Creates a guard. At most an eighth of the threads work at the names, and as many at the content, of the files of one mount,
 * besides those that already hang there. It counts as dead while some hang and none has answered since. While more than a
 * third of all threads hang, files of mounts on which something hangs are tried only if they have answered before; while
 * three quarters do, none of them.
 */
export function createFileGuard({ clock, threads, poolAnswers, mountOf, realPath }: GuardDeps): FileGuard {
  const perMount = Math.max(1, Math.floor(threads / 8));
  const mostHanging = Math.max(1, Math.floor((threads * 3) / 4));
  const listeners: ((text: string) => void)[] = [];
  const onChange = (text: string): void => listeners.forEach((listener) => listener(text));
  const files = new Map<string, Lane>();
  const mounts = new Map<string, Lane>();
  const realPaths = new Map<string, { path: string; at: number }>();
  let hanging = 0;

  /** The file at a real path, and its mount. */
  interface Place {
    readonly file: Lane;
    readonly mount: Lane;
    /** Removes what is not needed any more. */
    readonly release: () => void;
  }

  const laneIn = (all: Map<string, Lane>, key: string, what: string, slots: number, limit: number): Lane => {
    const lane = all.get(key) ?? createLane(clock, { what, slots, limit, onChange });
    all.set(key, lane);
    return lane;
  };

  const placeOf = (real: string, part: FilePart): Place => {
    const { id: mountId, name } = mountOf(real);
    const id = `${part} ${mountId}`;
    const key = `${id} ${real}`;
    const file = laneIn(files, key, `the file system of ${real}`, 1, 1);
    const mount = laneIn(mounts, id, `the mount ${name}`, perMount, Math.min(DEAD_AFTER, perMount));
    return {
      file,
      mount,
      release() {
        if (file.isIdle() && files.get(key) === file) files.delete(key);
        if (mount.isIdle() && mounts.get(id) === mount) mounts.delete(id);
      },
    };
  };

  const whyNot = (path: string, { file, mount }: Place): FileHangsError | undefined => {
    const refusal = mount.refusal(path) ?? file.refusal(path);
    if (refusal !== undefined) return refusal;
    if (mount.hanging() === 0) return undefined;
    return hanging >= mostHanging || (hanging >= mostHanging / 2 && !realPaths.has(path))
      ? new FileHangsError(path, `not tried while ${hanging} operations on files hang`)
      : undefined;
  };

  /** Waits for a turn of the file and its mount. */
  const enter = async (path: string, { file, mount }: Place): Promise<void> => {
    await file.enter(path);
    try {
      await mount.enter(path);
    } catch (error) {
      file.leave();
      throw error;
    }
  };

  /** Runs an operation that has its turn, and calls `onHang` if it hangs. */
  const observe = async <Value>(
    { file, mount, release }: Place,
    operation: () => Promise<Value>,
    onHang: () => void,
  ): Promise<Value> => {
    const begun: Operation = { begin: clock.monotonic(), at: clock.now() };
    let hangs = false;
    const cancel = punctually(clock, poolAnswers, () => {
      hangs = true;
      hanging += 1;
      for (const lane of [file, mount]) lane.suspect(begun);
      onHang();
    });
    try {
      return await operation();
    } finally {
      cancel();
      if (hangs) hanging -= 1;
      for (const lane of [file, mount]) {
        lane.answered(hangs);
        if (!hangs) lane.leave();
      }
      release();
    }
  };

  const attempt = async <Value>(
    path: string,
    real: string,
    part: FilePart,
    operation: () => Promise<Value>,
    patient: boolean,
  ): Promise<Value> => {
    const place = placeOf(real, part);
    const refusal = whyNot(path, place);
    if (refusal !== undefined) {
      place.release();
      throw refusal;
    }
    await enter(path, place);
    return new Promise<Value>((resolve, reject) => {
      const onHang = (): void => {
        if (!patient) reject(place.file.refusal(path) ?? new FileHangsError(path, "does not answer"));
      };
      observe(place, operation, onHang).then(resolve, reject);
    });
  };

  /** Returns the real path of a file, so that links to a dead mount count for that mount. */
  const real = async (path: string, patient: boolean): Promise<string> => {
    const known = realPaths.get(path);
    const now = clock.monotonic();
    if (known !== undefined && now - known.at < REAL_PATH_FOR) return known.path;
    const resolved = async (): Promise<string> => realPath(path).catch(() => path);
    const found = await attempt(path, known?.path ?? path, "names", resolved, patient);
    realPaths.delete(path);
    realPaths.set(path, { path: found, at: now });
    forgetOldest(realPaths, MOST_REAL_PATHS);
    return found;
  };

  return {
    run: async (path, part, operation, patient) =>
      attempt(path, await real(path, patient), part, operation, patient),
    refusal(path) {
      for (const part of ["names", "content"] as const) {
        const place = placeOf(realPaths.get(path)?.path ?? path, part);
        const refusal = whyNot(path, place);
        place.release();
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    },
    hanging: () => hanging,
    onChange: (listener) => void listeners.push(listener),
  };
}

/**
 * Calls `run` after `HANGS_AFTER`, later if the event loop was blocked then, or the pool late: a machine that gives the exporter no
 * time says nothing about its files. Returns a function that cancels it.
 */
function punctually(clock: Clock, poolAnswers: () => Promise<unknown>, run: () => void): () => void {
  let isCancelled = false;
  let cancel: () => void;
  const isLate = (due: number): boolean => clock.monotonic() - due > LATE;
  const arm = (delay: Seconds): void => {
    const due = clock.monotonic() + delay;
    cancel = clock.after(delay, async () => {
      if (isLate(due)) return arm(LATE);
      const asked = clock.monotonic();
      await poolAnswers();
      if (isCancelled) return;
      if (isLate(asked)) arm(LATE);
      else run();
    });
  };
  arm(HANGS_AFTER);
  return () => {
    isCancelled = true;
    cancel();
  };
}
