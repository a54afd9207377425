import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { type Failure, failed, type ProbeTarget } from "../core/prober.ts";
import type { AgedResult, HeldUp, Result, Skip } from "../core/result.ts";
import { identityOf, type Module, type Target } from "../core/target.ts";
import { elapsed, type Seconds, seconds, timestamp } from "../core/units.ts";
import type { Engine, ProbeResponse } from "./engine.ts";
import { type ProbeRequest, requestFor, requestForAddress } from "./probe-request.ts";

/** Resolves a request for a target (scrape, schedule, operator) into a probe or a cached result. */
export interface Asker {
  /**
   * Returns the result of a configured target for a scrape; a skip if it is not probed and has no current result.
   * With `schedule: interval` that is the latest result, and a scrape waits only before the first one. The deadline of
   * a scheduled probe does not depend on scrapes.
   */
  target(target: Target, scrapeTimeout: Seconds | undefined): Promise<AgedResult | Skip | HeldUp>;
  /** Like `target`, for a scrape of many targets: a probe that does not end in time is replaced by the last result. */
  targetOrLatest(target: Target, scrapeTimeout: Seconds): Promise<AgedResult | undefined>;
  /** Returns the result of an address from a request. */
  address(
    target: ProbeTarget,
    module: Module,
    scrapeTimeout: Seconds | undefined,
  ): Promise<AgedResult | Skip | HeldUp>;
  /** Probes a target because its interval has passed. */
  scheduled(target: Target): Promise<void>;
  /** Probes a target before its interval has passed, because a tier failed. Respects `Retry-After`. */
  early(target: Target): Promise<void>;
  /** Probes a target now for an operator, even if a fresh result exists, unless probes are skipped. */
  forced(target: Target): Promise<AgedResult | Skip>;
  /** Returns the latest result of a configured target without a probe. */
  latest(target: Target): AgedResult | undefined;
  /** Returns the delay of the first probe of a target whose result was restored; 0 if a probe is due. */
  firstDelay(target: Target): Seconds;
  /** Returns why a configured target is not probed at present. */
  skip(target: Target): Skip | undefined;
}

/** Timeout of a scheduled probe whose module has none: Prometheus' default, or the interval if that is shorter. */
const DEFAULT_TIMEOUT = seconds(10);

const HELD_UP: HeldUp = {
  heldUp:
    "no verdict: this exporter stood still for a part of the scrape's timeout, for want of processor time, and the probe has not ended",
};

/** Added to a request's patience, so that it still gets the result of a probe that ends at its deadline. */
const MARGIN = 0.2;

/** @param offset the part of a scrape's timeout that is reserved for the transfer of the response */
export function createAsker(engine: Engine, clock: Clock, offset: Seconds): Asker {
  const ownTimeout = ({ module, interval }: Target): Seconds =>
    module.timeout ?? seconds(Math.min(DEFAULT_TIMEOUT, interval));

  const latest = (target: Target): AgedResult | undefined => engine.latest(identityOf(target));

  /** Returns for how long a scrape waits for a probe with this timeout. */
  const waitFor = (timeout: Seconds, scrapeTimeout: Seconds | undefined) => ({
    patience: seconds(timeout + MARGIN),
    answerWithin: answerTime(scrapeTimeout, offset),
  });

  /**
   * Keys of targets whose tick waits for the end of an earlier probe. Further ticks are left out: with a `Retry-After` in the
   * result, each one would count as held back.
   */
  const waiting = new Set<string>();

  const respond = async (target: Target, scrapeTimeout: Seconds | undefined): Promise<ProbeResponse> => {
    const wait = waitFor(probeTimeout(undefined, scrapeTimeout, offset), scrapeTimeout);
    if (target.schedule === "interval") {
      const known = latest(target);
      if (known !== undefined) return { kind: "result", ...known };
      return engine.probe(requestFor(target), { timeout: ownTimeout(target), ...wait });
    }
    const timeout = probeTimeout(target.module.timeout, scrapeTimeout, offset);
    // A scrape without time must not make the probe fail, whose result counts for the target.
    return engine.probe(requestFor(target), {
      timeout: timeout > 0 ? timeout : ownTimeout(target),
      ...wait,
    });
  };

  /** Turns a response into a result to show, with the skip that prevents a newer one. */
  const resultOf = (request: ProbeRequest, response: ProbeResponse): AgedResult | Skip => {
    const skipped = response.kind === "skipped" ? response.skip : engine.skip(request);
    const known = knownResult(response);
    const hiding = hidingSkip(known, skipped, request.interval);
    if (hiding !== undefined) return hiding;
    const shown = known ?? { result: placeholderFor(response, clock), age: seconds(0) };
    return { result: shown.result, age: shown.age, ...defined({ skipped }) };
  };

  const resultOrHeldUp = (request: ProbeRequest, response: ProbeResponse): AgedResult | Skip | HeldUp =>
    response.kind === "held_up" && !response.failing ? HELD_UP : resultOf(request, response);

  return {
    latest,
    firstDelay(target) {
      const known = latest(target)?.result;
      if (known === undefined) return seconds(0);
      const passed = elapsed(known.startedAt, clock.now());
      return seconds(passed < 0 || passed >= target.minInterval ? 0 : target.interval - passed);
    },
    skip: (target) => engine.skip(requestFor(target)),
    target: async (target, scrapeTimeout) =>
      resultOrHeldUp(requestFor(target), await respond(target, scrapeTimeout)),
    async targetOrLatest(target, scrapeTimeout) {
      const response = await respond(target, scrapeTimeout);
      const known = response.kind === "result" ? response : latest(target);
      const skip = engine.skip(requestFor(target));
      return hidingSkip(known, skip, target.interval) === undefined ? known : undefined;
    },
    async address(target, module, scrapeTimeout) {
      const timeout = probeTimeout(module.timeout, scrapeTimeout, offset);
      const request = requestForAddress(target, module);
      const wait = waitFor(timeout, scrapeTimeout);
      return resultOrHeldUp(request, await engine.probe(request, { timeout, ...wait }));
    },
    async scheduled(target) {
      const request = requestFor(target);
      if (engine.isProbing(request.key)) {
        // A tick that finds an earlier probe in flight is not lost: its own probe starts when that one has ended.
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
      const request = requestFor(target);
      const response = await engine.probe(request, { timeout: ownTimeout(target), force: true });
      return response.kind === "skipped" ? response.skip : resultOf(request, response);
    },
  };
}

/** Number of intervals for which a replica that no longer leads shows the results that it found as the leader. */
const CURRENT_INTERVALS = 2;

/**
 * Returns the skip that a result must not be shown beside, if it is one. While another replica leads, that one knows the state
 * of the target: an old failure, which may come from this replica's own network, must not contradict it, and neither must an
 * old success.
 */
function hidingSkip(
  known: AgedResult | undefined,
  skip: Skip | undefined,
  interval: Seconds,
): Skip | undefined {
  if (skip?.reason !== "not_leader") return undefined;
  return known !== undefined && known.age <= CURRENT_INTERVALS * interval ? undefined : skip;
}

function knownResult(response: ProbeResponse): AgedResult | undefined {
  switch (response.kind) {
    case "result":
      return response;
    case "skipped":
      return response.known;
    case "late":
    case "held_up":
      return undefined;
  }
}

/** Makes a failed result for a request without one. It is not a result of the target, and is not counted. */
function placeholderFor(response: ProbeResponse, clock: Clock): Result {
  const waited = "waited" in response ? response.waited : seconds(0);
  const endedAt = clock.now();
  return {
    id: 0,
    startedAt: timestamp(endedAt - waited),
    endedAt,
    duration: waited,
    timeout: waited,
    outcome: placeholderOutcome(response),
    samples: [],
    log: [],
  };
}

function placeholderOutcome(response: ProbeResponse): Failure {
  if (response.kind === "skipped") return failed("budget_exhausted", response.skip.detail);
  return failed(
    "timeout",
    response.kind === "held_up"
      ? "the probe did not end within this scrape's timeout, for a part of which this exporter stood still; the last probe failed"
      : "the probe, which is still in flight for another request, did not end within this scrape's timeout",
  );
}

/** Timeout of a probe if neither module nor scrape has one; blackbox_exporter's default. */
const DEFAULT_SCRAPE_TIMEOUT = seconds(120);

/**
 * Returns the timeout of a probe: that of its module, bounded by the timeout of the scrape less the offset. A scrape with a
 * timeout below the offset does not bound it; without a timeout of the module there is no time then. Same rule as in
 * blackbox_exporter.
 * @param scrapeTimeout the timeout that Prometheus announced, if it did
 */
export function probeTimeout(
  moduleTimeout: Seconds | undefined,
  scrapeTimeout: Seconds | undefined,
  offset: Seconds,
): Seconds {
  const longest = seconds((scrapeTimeout ?? DEFAULT_SCRAPE_TIMEOUT) - offset);
  if (longest < 0) return moduleTimeout ?? seconds(0);
  return seconds(Math.min(moduleTimeout ?? longest, longest));
}

/**
 * Returns the time after which a scrape is answered in any case: half of the offset before its timeout, after which Prometheus
 * takes no answer. `undefined` for a scrape that does not bound its probe.
 */
function answerTime(scrapeTimeout: Seconds | undefined, offset: Seconds): Seconds | undefined {
  if (scrapeTimeout === undefined || scrapeTimeout <= offset) return undefined;
  return seconds(scrapeTimeout - offset / 2);
}
