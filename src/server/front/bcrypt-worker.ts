import { parentPort } from "node:worker_threads";
import bcrypt from "bcryptjs";

/** A password to compare with a hash. */
export interface PasswordQuestion {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** The result of a comparison. */
export interface PasswordVerdict {
  readonly id: number;
  readonly ok: boolean;
}

// A thread, because hashing blocks for a tenth of a second, during which no probe could be timed.
parentPort?.on("message", ({ id, password, hash }: PasswordQuestion) => {
  parentPort?.postMessage({ id, ok: bcrypt.compareSync(password, hash) } satisfies PasswordVerdict); // oxlint-disable-line unicorn/require-post-message-target-origin -- threads have no origin
});
