import { createHmac, randomBytes } from "node:crypto";
import type { Worker } from "node:worker_threads";
import type { Clock } from "../../core/clock.ts";
import { seconds } from "../../core/units.ts";
import { moduleUrl, startThread } from "../../resources/start.ts";
import type { PasswordQuestion, PasswordVerdict } from "./bcrypt-worker.ts";
import { createGuesses, type Unchecked } from "./guesses.ts";

/** A password to check. */
export interface PasswordAttempt {
  readonly password: string;
  readonly hash: string;
  /** Identifies the client, and the user that it names. */
  readonly guesser: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** Compares passwords with bcrypt hashes, one at a time, in a thread of its own. */
export interface Passwords {
  /**
   * Resolves to true if the password matches the hash, and to the reason if it was not checked. Verdicts are remembered, so
   * that scrapes do not hash each time, and a password that was right passes at once, however many others are guessed.
   */
  matches(attempt: PasswordAttempt): Promise<boolean | Unchecked>;
  /** Forgets all verdicts, for another web configuration. */
  forget(): void;
  stop(): Promise<void>;
}

/** Number of cached verdicts. Good and bad ones are cached apart, so that guesses do not evict scrapers. */
const CACHED_VERDICTS = 100;

/** Idle time after which the thread ends, to free its memory. */
const IDLE = seconds(30);

/** The module of the thread. */
const WORKER = moduleUrl("./bcrypt-worker", import.meta.url);

/** Starts the thread with the first comparison. */
export function createPasswords(clock: Clock): Passwords {
  const good = new Set<string>();
  const bad = new Set<string>();
  const waiting = new Map<number, (ok: boolean) => void>();
  const guesses = createGuesses(clock);
  /** Digests are keyed, so that those of one process tell nothing elsewhere. */
  let key = randomBytes(32);
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
    async matches({ password, hash, guesser, signal }) {
      // Digests, so that the cache holds no passwords.
      const usedKey = key;
      const digest = createHmac("sha256", usedKey).update(`${hash}\n${password}`).digest("base64");
      if (remembered(good, digest)) return true;
      if (bad.has(digest)) return false;
      const entered = await guesses.enter(guesser, signal);
      if (typeof entered === "string") return entered;
      let ok = false;
      try {
        ok = await ask(password, hash);
      } finally {
        entered(ok);
      }
      if (key === usedKey) remember(ok ? good : bad, digest);
      return ok;
    },
    forget() {
      key = randomBytes(32);
      good.clear();
      bad.clear();
      guesses.reset();
    },
    stop: end,
  };
}

function remember(verdicts: Set<string>, digest: string): void {
  verdicts.add(digest);
  const [oldest] = verdicts;
  if (verdicts.size > CACHED_VERDICTS && oldest !== undefined) verdicts.delete(oldest);
}

/** Returns true for a digest that is remembered, which then is the last one to be forgotten. */
function remembered(verdicts: Set<string>, digest: string): boolean {
  if (!verdicts.delete(digest)) return false;
  verdicts.add(digest);
  return true;
}
