import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../core/clock.ts";
import { seconds } from "../../core/units.ts";
import type { PasswordQuestion, PasswordVerdict } from "./bcrypt-worker.ts";

/** Holds passwords against bcrypt hashes, one at a time, away from the thread that probes. */
export interface Passwords {
  /**
   * Whether `password` is that of `hash`. What was found out is kept, so that a scrape does not pay for it each time.
   * @returns `undefined` when too many are waiting already
   */
  fits(password: string, hash: string): Promise<boolean | undefined>;
  stop(): Promise<void>;
}

/** Verdicts kept, good and bad ones apart: guessing must not push out the ones of scrapers. */
const KEPT = 100;

/** Who comes when so many are waiting is sent away: somebody is guessing. */
const MOST_WAITING = 20;

/** Without a question for so long the thread ends, and gives its memory back. */
const IDLE = seconds(30);

export function createPasswords(clock: Clock): Passwords {
  const good = new Set<string>();
  const bad = new Set<string>();
  const waiting = new Map<number, (ok: boolean) => void>();
  let lastId = 0;
  let worker: Worker | undefined;
  let cancelIdle = (): void => {};

  const end = async (): Promise<void> => {
    cancelIdle();
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };
  const settle = ({ id, ok }: PasswordVerdict): void => {
    waiting.get(id)?.(ok);
    waiting.delete(id);
    if (waiting.size === 0) cancelIdle = clock.after(IDLE, () => void end());
  };
  const start = (): Worker => {
    const started = new Worker(workerFile(), {
      name: "passwords",
      // Not the parent's: it may have been started with flags that are none of a worker's.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    started.unref();
    started.on("message", settle);
    // Nobody is let in by a thread that failed.
    started.on("error", () => {
      worker = undefined;
      for (const id of waiting.keys()) settle({ id, ok: false });
    });
    return started;
  };
  const ask = (password: string, hash: string): Promise<boolean> =>
    new Promise((resolve) => {
      cancelIdle();
      lastId += 1;
      waiting.set(lastId, resolve);
      worker ??= start();
      worker.postMessage({ id: lastId, password, hash } satisfies PasswordQuestion); // oxlint-disable-line unicorn/require-post-message-target-origin -- threads have no origin
    });

  return {
    async fits(password, hash) {
      // Digests, so that no password is kept.
      const key = createHash("sha256").update(`${hash}\n${password}`).digest("base64");
      if (good.has(key)) return true;
      if (bad.has(key)) return false;
      if (waiting.size >= MOST_WAITING) return undefined;
      const ok = await ask(password, hash);
      keep(ok ? good : bad, key);
      return ok;
    },
    stop: end,
  };
}

function keep(kept: Set<string>, key: string): void {
  kept.add(key);
  const [oldest] = kept;
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}

/** Beside this file, and of its kind: TypeScript in the repository, JavaScript in the package. */
const workerFile = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "./bcrypt-worker.ts" : "./bcrypt-worker.js", import.meta.url);
