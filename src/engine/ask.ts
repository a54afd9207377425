import type { Clock } from "../core/clock.ts";
import { failed, type ProbeTarget } from "../core/prober.ts";
import type { AgedResult, Result, Skip } from "../core/result.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import { elapsed, type Seconds, seconds, timestamp } from "../core/units.ts";
import type { Engine, ProbeResponse } from "./engine.ts";
import { type ProbeRequest, requestFor, requestForAddress } from "./probe-request.ts";

/** How those who look at a target get a result: the engine's rules, applied to who asks and for what. */
export interface Asker {
  /**
   * A configured target, for a scrape; why it is not probed where nothing is known of it that is worth showing.
   * With `schedule: interval` the latest result is served at once, and only before the first one does the scrape wait;
   * the probe's own deadline never depends on who looks.
   */
  target(target: Target, scrapeTimeout: Seconds | undefined): Promise<AgedResult | Skip>;
  /** The same for a scrape of many targets, which rather shows the last result with its age than a late one. */
  targetOrLatest(target: Target, scrapeTimeout: Seconds): Promise<AgedResult | undefined>;
  /** An address that somebody asked for. */
  address(
    target: ProbeTarget,
    module: Module,
    scrapeTimeout: Seconds | undefined,
  ): Promise<AgedResult | Skip>;
  /** The exporter's own beat. */
  scheduled(target: Target): Promise<void>;
  /** Before its time, as there is reason to doubt what is known; `Retry-After` is honoured. */
  early(target: Target): Promise<void>;
  /** By hand: a probe now, whatever is known, unless none may be started at all. */
  forced(target: Target): Promise<AgedResult | Skip>;
  /** What is known of a configured target, without asking it. */
  latest(target: Target): AgedResult | undefined;
  /** How long a configured target that was probed before the start is not to be probed again; 0 when that is over. */
  rest(target: Target): Seconds;
  /** Why a configured target is not probed at present. */
  skip(target: Target): Skip | undefined;
}

/** What a probe on schedule may take when its module does not say: Prometheus' own default, or the interval if shorter. */
const DEFAULT_TIMEOUT = seconds(10);

/** Those who wait are given this much longer than the probe, so that a probe that ends at its deadline is still seen. */
const MARGIN = 0.2;

/** @param offset what is left of a scrape's timeout for the answer to travel */
export function createAsker(engine: Engine, clock: Clock, offset: Seconds): Asker {
  const ownTimeout = ({ module, interval }: Target): Seconds =>
    module.timeout ?? seconds(Math.min(DEFAULT_TIMEOUT, interval));

  const latest = (target: Target): AgedResult | undefined => engine.latest(identityOf(target));

  /** Keys of targets whose beat waits for the end of an earlier probe. */
  const waiting = new Set<string>();

  const askTarget = async (target: Target, scrapeTimeout: Seconds | undefined): Promise<ProbeResponse> => {
    const patience = seconds(probeTimeout(undefined, scrapeTimeout, offset) + MARGIN);
    if (target.schedule === "interval") {
      const known = latest(target);
      if (known !== undefined) return { kind: "result", ...known };
      return engine.probe(requestFor(target), { timeout: ownTimeout(target), patience });
    }
    const timeout = probeTimeout(target.module.timeout, scrapeTimeout, offset);
    return engine.probe(requestFor(target), { timeout, patience });
  };

  /** A result is shown together with why there will be no newer one. */
  const shown = (subject: ProbeRequest, answer: ProbeResponse): AgedResult | Skip => {
    const skipped = answer.kind === "skipped" ? answer.skip : engine.skip(subject);
    const known = answer.kind === "late" ? undefined : answer.kind === "skipped" ? answer.known : answer;
    if (skipped?.reason === "not_leader" && !isCurrent(known, skipped, subject.interval)) return skipped;
    const about = skipped === undefined ? {} : { skipped };
    switch (answer.kind) {
      case "result":
        return { result: answer.result, age: answer.age, ...about };
      case "late":
        return { result: lateResult(answer.waited, clock), age: seconds(0), ...about };
      case "skipped":
        return {
          ...(answer.known ?? { result: skippedResult(answer.skip, clock), age: seconds(0) }),
          ...about,
        };
    }
  };

  return {
    latest,
    rest(target) {
      const known = latest(target)?.result;
      if (known === undefined) return seconds(0);
      const passed = elapsed(known.startedAt, clock.now());
      return seconds(passed < 0 || passed >= target.minInterval ? 0 : target.interval - passed);
    },
    skip: (target) => engine.skip(requestFor(target)),
    target: async (target, scrapeTimeout) =>
      shown(requestFor(target), await askTarget(target, scrapeTimeout)),
    async targetOrLatest(target, scrapeTimeout) {
      const answer = await askTarget(target, scrapeTimeout);
      const known = answer.kind === "result" ? answer : latest(target);
      const skip = engine.skip(requestFor(target));
      return isCurrent(known, skip, target.interval) ? known : undefined;
    },
    async address(target, module, scrapeTimeout) {
      const timeout = probeTimeout(module.timeout, scrapeTimeout, offset);
      const subject = requestForAddress(target, module);
      return shown(subject, await engine.probe(subject, { timeout, patience: seconds(timeout + MARGIN) }));
    },
    async scheduled(target) {
      const request = requestFor(target);
      if (engine.isProbing(request.key)) {
        // A beat that finds an earlier probe in flight is not lost: its own probe starts when that one has ended.
        if (waiting.has(request.key)) return;
        waiting.add(request.key);
        await engine.ended(request.key);
        waiting.delete(request.key);
      }
      await engine.probe(request, { timeout: ownTimeout(target) });
    },
    async early(target) {
      await engine.probe({ ...requestFor(target), minInterval: seconds(0) }, { timeout: ownTimeout(target) });
    },
    async forced(target) {
      const subject = requestFor(target);
      const answer = await engine.probe(subject, { timeout: ownTimeout(target), force: true });
      return answer.kind === "skipped" ? answer.skip : shown(subject, answer);
    },
  };
}

/** For how many intervals a replica that no longer leads shows what it found as the leader. */
const CURRENT_INTERVALS = 2;

/**
 * Whether a result is still worth showing. Another replica knows better how a target is, once it leads: an old failure,
 * seen perhaps because this replica lost its network, must not stand beside what the leader says, nor an old success.
 */
function isCurrent(known: AgedResult | undefined, skip: Skip | undefined, interval: Seconds): boolean {
  if (skip?.reason !== "not_leader") return true;
  return known !== undefined && known.age <= CURRENT_INTERVALS * interval;
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
      "the probe, which is still in flight for another request, did not end within this scrape's timeout",
    ),
    samples: [],
    log: [],
  };
}

/** What somebody sees who asks for something that was never probed while there is no money for it. Nobody counts it either. */
function skippedResult({ detail }: Skip, clock: Clock): Result {
  const at = clock.now();
  const nothing = seconds(0);
  return {
    id: 0,
    startedAt: at,
    endedAt: at,
    duration: nothing,
    timeout: nothing,
    outcome: failed("budget_exhausted", detail),
    samples: [],
    log: [],
  };
}

/** What a probe may take when neither the module nor the scrape says anything; blackbox_exporter's value. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(120);

/**
 * How long a probe may take: the module's timeout, bounded by the scrape's own timeout less an offset, which is left for
 * the answer to travel. The offset never shortens the module's own timeout. Same rule as blackbox_exporter.
 * @param scrapeTimeout what Prometheus announced, if it did
 */
export function probeTimeout(
  moduleTimeout: Seconds | undefined,
  scrapeTimeout: Seconds | undefined,
  offset: Seconds,
): Seconds {
  const longest = seconds((scrapeTimeout ?? DEFAULT_SCRAPE_TIMEOUT) - offset);
  if (moduleTimeout !== undefined && (moduleTimeout < longest || longest < 0)) return moduleTimeout;
  return longest;
}
