import { createHash } from "node:crypto";
import type { Worker } from "node:worker_threads";
import type { Clock } from "../../core/clock.ts";
import { seconds } from "../../core/units.ts";
import { moduleUrl, startThread } from "../../resources/start.ts";
import type { PasswordQuestion, PasswordVerdict } from "./bcrypt-worker.ts";

/** Compares passwords with bcrypt hashes, one at a time, in a thread of its own. */
export interface Passwords {
  /**
   * Resolves to true if `password` matches `hash`, and to `undefined` if too many comparisons are waiting. Verdicts are
   * cached, so that scrapes do not hash each time.
   */
  matches(password: string, hash: string): Promise<boolean | undefined>;
  stop(): Promise<void>;
}

/** Number of cached verdicts. Good and bad ones are cached apart, so that guesses do not evict scrapers. */
const CACHED_VERDICTS = 100;

/** Most comparisons that may wait. More of them indicate guessing. */
const MOST_WAITING = 20;

/** Idle time after which the thread ends, to free its memory. */
const IDLE = seconds(30);

/** The module of the thread. */
const WORKER = moduleUrl("./bcrypt-worker", import.meta.url);

/** Starts the thread with the first comparison. */
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
    const started = startThread(WORKER, {
      name: "passwords",
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    started.unref();
    started.on("message", settle);
    // A failed thread authenticates no request.
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
    async matches(password, hash) {
      // Digests, so that the cache holds no passwords.
      const key = createHash("sha256").update(`${hash}\n${password}`).digest("base64");
      if (good.has(key)) return true;
      if (bad.has(key)) return false;
      if (waiting.size >= MOST_WAITING) return undefined;
      const ok = await ask(password, hash);
      cache(ok ? good : bad, key);
      return ok;
    },
    stop: end,
  };
}

function cache(verdicts: Set<string>, key: string): void {
  verdicts.add(key);
  const [oldest] = verdicts;
  if (verdicts.size > CACHED_VERDICTS && oldest !== undefined) verdicts.delete(oldest);
}
