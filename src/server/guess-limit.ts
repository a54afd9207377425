import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { createRateLimit, type RateOptions } from "./rate-limit.ts";

/** The outcome of a checked, or not checked, secret. */
export type Guess =
  | { readonly kind: "right" }
  | { readonly kind: "wrong" }
  /** Not checked: too many wrong ones came from the source. */
  | { readonly kind: "limited"; readonly wait: Seconds };

/** Limits wrong secrets per source. */
export interface GuessLimit {
  /**
   * Checks a secret from a source, unless too many wrong ones came from there. Secrets of one source are checked one after the other,
   * so that guesses in parallel are counted, too.
   * @returns rejects as `isRight` does, and counts nothing then
   */
  check(source: string, isRight: () => Promise<boolean>): Promise<Guess>;
}

/** Time for which a source that has sent the right secret is not limited: others may share its address, behind a proxy or NAT. */
const TRUST = seconds(3600);

/** Most sources that are trusted at once. */
const MOST_TRUSTED = 10_000;

/** Creates a limit for wrong secrets. */
export function createGuessLimit(options: RateOptions, clock: Pick<Clock, "monotonic">): GuessLimit {
  const wrong = createRateLimit(options, clock);
  const trustedUntil = new Map<string, number>();
  const queues = new Map<string, Promise<unknown>>();

  const isTrusted = (source: string): boolean => (trustedUntil.get(source) ?? 0) > clock.monotonic();

  const trust = (source: string): void => {
    trustedUntil.delete(source);
    trustedUntil.set(source, clock.monotonic() + TRUST);
    const [oldest] = trustedUntil.keys();
    if (trustedUntil.size > MOST_TRUSTED && oldest !== undefined) trustedUntil.delete(oldest);
  };

  const checkNow = async (source: string, isRight: () => Promise<boolean>): Promise<Guess> => {
    const wait = isTrusted(source) ? 0 : wrong.wait(source);
    if (wait > 0) return { kind: "limited", wait: seconds(wait) };
    if (await isRight()) {
      trust(source);
      return { kind: "right" };
    }
    wrong.take(source);
    return { kind: "wrong" };
  };

  return {
    async check(source, isRight) {
      if (isTrusted(source)) return checkNow(source, isRight);
      const turn = (queues.get(source) ?? Promise.resolve()).then(() => checkNow(source, isRight));
      const ended = turn.catch(() => undefined);
      queues.set(source, ended);
      try {
        return await turn;
      } finally {
        if (queues.get(source) === ended) queues.delete(source);
      }
    },
  };
}
