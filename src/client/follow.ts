import { type Answered, askMode, type ModeReport } from "./mode.ts";
import { followStream } from "./stream.ts";

export interface FollowOptions {
  /** The target; without it the only one with failover. */
  readonly target?: string;
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** Called with the first report and whenever the mode, its policy, whether it is forced, or whether it is stale changes. */
  readonly onChange?: (report: ModeReport) => void;
  /** Called with what went wrong; the following goes on all the same. */
  readonly onError?: (error: unknown) => void;
  /** The mode to work in while nothing was ever known: `primary` by default, as if there were no exporter. */
  readonly initial?: "primary" | "fallback";
  /** How long after the last word of the exporter a report is stale, 10000 by default. */
  readonly staleAfterMs?: number;
  /** How often the mode is asked for while there is no stream, 5000 by default. */
  readonly pollIntervalMs?: number;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Follows the mode of a target. Iterating yields the mode now and each change; one who is slow misses what is outdated. */
export interface ModeFollower extends AsyncIterable<ModeReport>, Disposable {
  /** In which mode to work, at any time and without waiting. */
  current(): ModeReport;
  /** Ends the following, and what iterates. */
  close(): void;
}

/** How long the exporter may take for the first event, and how long it may be silent: it says something every 15 s. */
const FIRST_MS = 5000;
const SILENCE_MS = 45_000;

/** Where there is no stream, how long until another try at most. */
const LONGEST_RETRY_MS = 60_000;

/**
 * Follows the mode of a target: by a stream of events which is resumed when it breaks, and by asking where there is none.
 * It never gives up: while the exporter cannot be reached the last known mode holds, marked as stale.
 * @param url of the exporter: `http://heartbeat-exporter:8091`, with its route prefix if it has one
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
  const ending = new AbortController();
  const signal =
    options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
  let report: ModeReport = {
    ...(target === undefined ? {} : { target }),
    mode: initial,
    forced: false,
    policy: null,
    stale: true,
  };
  let announced: ModeReport | undefined;
  const waiting = new Set<() => void>();

  const change = (next: ModeReport): void => {
    if (signal.aborted) return;
    report = next;
    if (announced !== undefined && isSame(announced, next)) return;
    announced = next;
    for (const wake of waiting) wake();
    try {
      onChange(next);
    } catch (error) {
      onError(error);
    }
  };

  const isMeant = (name: string | undefined): boolean => (target ?? report.target) === name;
  let staleTimer = setTimeout(() => change({ ...report, stale: true }), staleAfterMs);
  const heard = (): void => {
    clearTimeout(staleTimer);
    staleTimer = setTimeout(() => change({ ...report, stale: true }), staleAfterMs);
  };

  let known: Answered | undefined;
  const poll = async (): Promise<void> => {
    const wanted = target ?? report.target;
    const asking = { headers, signal, ...(wanted === undefined ? {} : { target: wanted }) };
    const answered = await askMode(url, asking, known);
    if (answered !== "unchanged") known = answered;
    if (known === undefined) return;
    change({ ...known.report, stale: false });
    heard();
  };

  let lastEventId: string | undefined;
  let retryMs = 1000;
  const stream = async (): Promise<void> => {
    let isCurrent = false;
    // While the stream lives it is it that notices when the exporter has gone.
    const holding = setInterval(() => isCurrent && heard(), Math.max(1, staleAfterMs / 3));
    try {
      await followStream(
        url,
        { target, headers, signal, lastEventId, firstMs: FIRST_MS, silenceMs: SILENCE_MS },
        {
          heard,
          now(reports) {
            change(chosen(reports, target ?? report.target));
            isCurrent = true;
          },
          // What was missed is told, and not taken for what holds now.
          change: (next) =>
            isMeant(next.target) && change({ ...next, forced: report.forced, stale: !isCurrent }),
          forced: (name, forced) => isMeant(name) && change({ ...report, forced }),
          id: (id) => (lastEventId = id),
          retry: (milliseconds) => (retryMs = milliseconds),
        },
      );
    } finally {
      clearInterval(holding);
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    let streamAt = 0;
    while (!signal.aborted) {
      if (performance.now() >= streamAt) {
        const began = performance.now();
        try {
          await stream();
        } catch (error) {
          if (!signal.aborted) onError(error);
        }
        failures = performance.now() - began > FIRST_MS * 2 ? 0 : failures + 1;
        const wait = Math.min(retryMs * 2 ** Math.max(0, failures - 1), LONGEST_RETRY_MS);
        streamAt = performance.now() + wait * (0.5 + Math.random() / 2);
      }
      if (signal.aborted) break;
      await poll().catch((error: unknown) => !signal.aborted && onError(error));
      await pause(Math.min(pollIntervalMs, Math.max(0, streamAt - performance.now())), signal);
    }
    clearTimeout(staleTimer);
    for (const wake of waiting) wake();
  };
  run().catch(onError);

  return {
    current: () => report,
    close: () => ending.abort(),
    [Symbol.dispose]: () => ending.abort(),
    async *[Symbol.asyncIterator]() {
      let yielded: ModeReport | undefined;
      while (!signal.aborted) {
        if (announced !== undefined && announced !== yielded) {
          yielded = announced;
          yield announced;
        } else {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              waiting.delete(wake);
              signal.removeEventListener("abort", wake);
              resolve();
            };
            waiting.add(wake);
            signal.addEventListener("abort", wake);
          });
        }
      }
    },
  };
}

/** The report on the one that is meant. */
function chosen(reports: readonly ModeReport[], target: string | undefined): ModeReport {
  const meant = reports.filter((one) => (target === undefined ? one.policy !== null : one.target === target));
  const [only, ...others] = meant;
  if (only !== undefined && others.length === 0) return only;
  const names = reports.map((one) => one.target).join(", ");
  throw new Error(`target: got ${target ?? "nothing"}, want one of: ${names}`);
}

const isSame = (a: ModeReport, b: ModeReport): boolean =>
  a.target === b.target &&
  a.mode === b.mode &&
  a.forced === b.forced &&
  a.stale === b.stale &&
  JSON.stringify(a.policy) === JSON.stringify(b.policy);

/** Ends early, without an error, when `signal` aborts. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
