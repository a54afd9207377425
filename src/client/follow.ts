import { createFollower, pause } from "./follower.ts";
import { fetchMode, type ModeAnswer, type ModeReport } from "./mode.ts";
import { followStream } from "./stream.ts";

/** The options of `followMode`. */
export interface FollowOptions {
  /** The target; may be omitted if exactly one target has failover. */
  readonly target?: string;
  /** Stops following. */
  readonly signal?: AbortSignal;
  /** Called with the first report, and whenever its mode, policy, `forced` or `stale` changes. */
  readonly onChange?: (report: ModeReport) => void;
  /** Called with each error. Following continues. */
  readonly onError?: (error: unknown) => void;
  /** The mode until the first report; `primary` by default. */
  readonly initial?: "primary" | "fallback";
  /** Time without a sign of life from the exporter after which a report is stale, in milliseconds; 10000 by default. */
  readonly staleAfterMs?: number;
  /** Interval between requests while no stream is available, in milliseconds; 5000 by default. */
  readonly pollIntervalMs?: number;
  /** Headers to send with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Follows the mode of a target. Iterating yields the current report and then each change; a slow consumer skips outdated
 * reports. The iteration ends with `close()`, never with an error.
 */
export interface ModeFollower extends AsyncIterable<ModeReport>, Disposable {
  /** Returns the latest report at once, without a request. */
  current(): ModeReport;
  /** Stops following and ends all iterations. */
  close(): void;
}

/** Timeout for the first event, and longest silence after it; the exporter sends a comment every 15 s. */
const FIRST_MS = 5000;
const SILENCE_MS = 45_000;

/** Longest time between two attempts to open a stream. */
const LONGEST_RETRY_MS = 60_000;

/**
 * Follows the mode of a target by an event stream, which it resumes after a break, and by polling while no stream is
 * available. It never gives up: while the exporter cannot be reached, the last known mode applies and is marked as stale.
 *
 * @example
 * ```ts
 * import { followMode } from "heartbeat-exporter";
 *
 * using follower = followMode("http://heartbeat-exporter:8091", {
 *   target: "gpt",
 *   onError: (error) => console.error(error),
 * });
 *
 * for await (const { mode, policy, stale } of follower) {
 *   const reduction = mode === "fallback" ? (policy?.confidenceReduction ?? 0) : 0;
 *   console.log(`${mode}: confidence lower by ${reduction}${stale ? " (stale)" : ""}`);
 * }
 * ```
 *
 * @param url URL of the exporter, including its route prefix: `http://heartbeat-exporter:8091`
 */
export function followMode(url: string | URL, options: FollowOptions = {}): ModeFollower {
  const {
    target,
    onChange = () => {},
    onError = () => {},
    initial = "primary",
    staleAfterMs = 10_000,
    pollIntervalMs = 5000,
    headers = {},
  } = options;
  const closing = new AbortController();
  const signal =
    options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal]);
  const follower = createFollower<ModeReport>({
    initial: {
      ...(target === undefined ? {} : { target }),
      mode: initial,
      forced: false,
      policy: null,
      stale: true,
    },
    isSame,
    signal,
    staleAfterMs,
    onChange,
    onError,
  });
  const { update, postponeStale } = follower;

  /** The target: the requested one, else the one of the first report. */
  const followed = (): string | undefined => target ?? follower.current().target;

  let lastAnswer: ModeAnswer | undefined;
  const poll = async (): Promise<void> => {
    const name = followed();
    const request = { headers, signal, ...(name === undefined ? {} : { target: name }) };
    const answer = await fetchMode(url, request, lastAnswer);
    if (answer !== "unchanged") lastAnswer = answer;
    if (lastAnswer === undefined) return;
    update(lastAnswer.report);
    postponeStale();
  };

  let lastEventId: string | undefined;
  let retryMs = 1000;
  const stream = async (): Promise<void> => {
    let isCurrent = false;
    // The exporter may be silent for longer than `staleAfterMs`, so an open stream keeps the report fresh; its own timeout
    // detects that the exporter is gone.
    const keepFresh = setInterval(() => isCurrent && postponeStale(), Math.max(1, staleAfterMs / 3));
    try {
      await followStream(
        url,
        { target, headers, signal, lastEventId, firstMs: FIRST_MS, silenceMs: SILENCE_MS },
        {
          activity: postponeStale,
          snapshot(reports) {
            update(selectReport(reports, followed()));
            isCurrent = true;
          },
          // A change before the snapshot was missed: it is reported, but as stale. So is one of a replica that does not lead.
          change: (next) =>
            next.target === followed() &&
            update({
              ...follower.current(),
              ...next,
              forced: follower.current().forced,
              stale: !isCurrent || follower.current().stale,
            }),
          forced: (name, forced) => name === followed() && update({ ...follower.current(), forced }),
          id: (id) => (lastEventId = id),
          retry: (milliseconds) => (retryMs = milliseconds),
        },
      );
    } finally {
      clearInterval(keepFresh);
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let nextStreamAt = 0;
    while (!signal.aborted) {
      if (performance.now() >= nextStreamAt) {
        const startedAt = performance.now();
        try {
          await stream();
        } catch (error) {
          if (!signal.aborted) onError(error);
        }
        failures = performance.now() - startedAt > FIRST_MS * 2 ? 0 : failures + 1;
        const wait = Math.min(retryMs * 2 ** Math.max(0, failures - 1), LONGEST_RETRY_MS);
        nextStreamAt = performance.now() + wait * (0.5 + Math.random() / 2);
      }
      if (signal.aborted) break;
      await poll().catch((error: unknown) => !signal.aborted && onError(error));
      await pause(Math.min(pollIntervalMs, Math.max(0, nextStreamAt - performance.now())), signal);
    }
    follower.end();
  };
  run().catch(onError);

  return {
    current: follower.current,
    close: () => closing.abort(),
    [Symbol.dispose]: () => closing.abort(),
    [Symbol.asyncIterator]: follower.iterate,
  };
}

/** Returns the report of `target`, or of the only target with failover if none is given. */
function selectReport(reports: readonly ModeReport[], target: string | undefined): ModeReport {
  const candidates = reports.filter((one) =>
    target === undefined ? one.policy !== null : one.target === target,
  );
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const names = reports.map((one) => one.target).join(", ");
  throw new Error(`target: got ${target ?? "nothing"}, want one of: ${names}`);
}

const isSame = (a: ModeReport, b: ModeReport): boolean =>
  a.target === b.target &&
  a.mode === b.mode &&
  a.forced === b.forced &&
  a.stale === b.stale &&
  a.leader === b.leader &&
  JSON.stringify(a.policy) === JSON.stringify(b.policy);
