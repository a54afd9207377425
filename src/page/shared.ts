import type { Clock } from "../core/clock.ts";
import type { Seconds } from "../core/units.ts";

/** Answers by key, each shared by all requests that come while it is made or young. */
export interface Shared<Answer> {
  get(key: string, make: () => Promise<Answer>): Promise<Answer>;
}

/** Most answers that are remembered. */
const MOST = 200;

/**
 * Creates a memory of answers, so that fifty people who look at the same page cost one. A failed answer is not kept.
 * @param fresh age up to which an answer is given again
 */
export function createShared<Answer>(clock: Clock, fresh: Seconds): Shared<Answer> {
  const answers = new Map<string, { readonly at: Seconds; readonly answer: Promise<Answer> }>();
  return {
    get(key, make) {
      const now = clock.monotonic();
      const known = answers.get(key);
      if (known !== undefined && now - known.at < fresh) return known.answer;
      const answer = make();
      answers.delete(key);
      answers.set(key, { at: now, answer });
      answer.catch(() => {
        if (answers.get(key)?.answer === answer) answers.delete(key);
      });
      const [oldest] = answers.keys();
      if (answers.size > MOST && oldest !== undefined) answers.delete(oldest);
      return answer;
    },
  };
}
