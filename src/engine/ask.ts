import type { Clock } from "../core/clock.ts";
import { failed, type ProbeTarget } from "../core/prober.ts";
import type { Result, Shown } from "../core/result.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import { type Seconds, seconds, timestamp } from "../core/units.ts";
import { probeTimeout } from "./deadline.ts";
import type { Answer, Engine } from "./engine.ts";
import { adhocSubject, configuredSubject } from "./subject.ts";

/** How those who look at a target get a result: the engine's rules, applied to who asks and for what. */
export interface Ask {
  /**
   * A configured target, for a scrape. With `schedule: interval` the latest result is served at once, and only before
   * the first one does the scrape wait; the probe's own deadline never depends on who looks.
   */
  target(target: Target, scrapeTimeout: Seconds | undefined): Promise<Shown>;
  /** The same for a scrape of many targets, which rather shows the last result with its age than a late one. */
  targetOrLatest(target: Target, scrapeTimeout: Seconds): Promise<Shown | undefined>;
  /** An address that somebody asked for. */
  address(target: ProbeTarget, module: Module, scrapeTimeout: Seconds | undefined): Promise<Shown>;
  /** The exporter's own beat. */
  scheduled(target: Target): Promise<void>;
  /** By hand: a probe now, whatever is known. */
  forced(target: Target): Promise<Shown>;
  /** What is known of a configured target, without asking it. */
  latest(target: Target): Shown | undefined;
}

/** What a probe on schedule may take when its module does not say: Prometheus' own default, or the interval if shorter. */
const DEFAULT_TIMEOUT = seconds(10);

/** Those who wait are given this much longer than the probe, so that a probe that ends at its deadline is still seen. */
const MARGIN = 0.2;

/** @param offset what is left of a scrape's timeout for the answer to travel */
export function createAsk(engine: Engine, clock: Clock, offset: Seconds): Ask {
  const ownTimeout = ({ module, interval }: Target): Seconds =>
    module.timeout ?? seconds(Math.min(DEFAULT_TIMEOUT, interval));

  const latest = (target: Target): Shown | undefined => engine.latest(identityOf(target));

  const askTarget = async (target: Target, scrapeTimeout: Seconds | undefined): Promise<Answer> => {
    const patience = seconds(probeTimeout(undefined, scrapeTimeout, offset) + MARGIN);
    if (target.schedule === "interval") {
      const known = latest(target);
      if (known !== undefined) return { kind: "result", ...known };
      return engine.probe(configuredSubject(target), { timeout: ownTimeout(target), patience });
    }
    const timeout = probeTimeout(target.module.timeout, scrapeTimeout, offset);
    return engine.probe(configuredSubject(target), { timeout, patience });
  };

  const shown = (answer: Answer): Shown =>
    answer.kind === "result" ? answer : { result: lateResult(answer.waited, clock), age: seconds(0) };

  return {
    latest,
    target: async (target, scrapeTimeout) => shown(await askTarget(target, scrapeTimeout)),
    async targetOrLatest(target, scrapeTimeout) {
      const answer = await askTarget(target, scrapeTimeout);
      return answer.kind === "result" ? answer : latest(target);
    },
    async address(target, module, scrapeTimeout) {
      const timeout = probeTimeout(module.timeout, scrapeTimeout, offset);
      return shown(
        await engine.probe(adhocSubject(target, module), { timeout, patience: seconds(timeout + MARGIN) }),
      );
    },
    async scheduled(target) {
      await engine.probe(configuredSubject(target), { timeout: ownTimeout(target) });
    },
    forced: async (target) =>
      shown(await engine.probe(configuredSubject(target), { timeout: ownTimeout(target), force: true })),
  };
}

/** What somebody sees whose patience ended before the probe did. It is no result of the target, so nobody counts it. */
function lateResult(waited: Seconds, clock: Clock): Result {
  const endedAt = clock.now();
  return {
    id: 0,
    startedAt: timestamp(endedAt - waited),
    endedAt,
    duration: waited,
    timeout: waited,
    outcome: failed(
      "timeout",
      "the probe in flight, which another request had started, did not end within this scrape's timeout",
    ),
    samples: [],
    log: [],
  };
}
