import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";
import { createGuessLimit, type GuessLimit } from "./guess-limit.ts";
import { createRateLimit, type RateLimit } from "./rate-limit.ts";

/** Limits of requests per source. */
export interface RequestLimits {
  /** Wrong control tokens: ten at once, then ten a minute. */
  readonly controlTokens: GuessLimit;
  /** New heartbeats without a token: a hundred at once, then one a second. */
  readonly openRegistrations: RateLimit;
  /** New heartbeats with the token of registrations: a thousand at once, as after a restart without a store, then ten a second. */
  readonly registrations: RateLimit;
}

/** Creates the limits of an exporter. */
export const createRequestLimits = (clock: Clock): RequestLimits => ({
  controlTokens: createGuessLimit({ burst: 10, interval: seconds(6) }, clock),
  openRegistrations: createRateLimit({ burst: 100, interval: seconds(1) }, clock),
  registrations: createRateLimit({ burst: 1000, interval: seconds(0.1) }, clock),
});
