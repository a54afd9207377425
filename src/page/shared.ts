import type { Clock } from "../core/clock.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Answers by key, each shared by all requests that come while it is made or young. */
export interface Shared<Answer> {
  get(key: string, make: () => Promise<Answer>): Promise<Answer>;
  /** Makes every answer old: what it was made from has changed. */
  expire(): void;
}

/** Most answers that are remembered. */
const MOST = 200;

/** Age up to which an answer is given again after a change, once there were `MOST_MADE` answers within a second. */
const SHORTEST = seconds(0.25);

/** Most answers made within a second because of changes: a thousand changes a second do not cost a thousand answers. */
const MOST_MADE = 10;

/**
 * Creates a memory of answers, so that fifty people who look at the same page cost one. A failed answer is not kept.
 * @param fresh age up to which an answer is given again while nothing changes
 */
export function createShared<Answer>(clock: Clock, fresh: Seconds): Shared<Answer> {
  const answers = new Map<
    string,
    { readonly answer: Promise<Answer>; readonly at: Seconds; readonly change: number }
  >();
  let change = 0;
  let second = { number: 0, made: 0 };

  const mayMake = (now: Seconds): boolean => {
    const number = Math.floor(now);
    second = { number, made: second.number === number ? second.made + 1 : 1 };
    return second.made <= MOST_MADE;
  };
  return {
    get(key, make) {
      const now = clock.monotonic();
      const known = answers.get(key);
      if (known !== undefined) {
        const age = now - known.at;
        if (known.change === change ? age < fresh : age < SHORTEST && !mayMake(now)) return known.answer;
      }
      const answer = make();
      answers.delete(key);
      answers.set(key, { answer, at: now, change });
      answer.catch(() => {
        if (answers.get(key)?.answer === answer) answers.delete(key);
      });
      const [oldest] = answers.keys();
      if (answers.size > MOST && oldest !== undefined) answers.delete(oldest);
      return answer;
    },
    expire() {
      change += 1;
    },
  };
}
