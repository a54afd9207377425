import { createFollower, pause } from "./follower.ts";
import { errorText, ModeError, parseJson, routeOf } from "./mode.ts";

/** The member of a route to use now. */
export interface RouteReport {
  readonly route: string;
  /** The name of the target or group to use; `null` if there is none, and until the first report. */
  readonly use: string | null;
  /** The address of the target; `null` for a group. A password in it is replaced. */
  readonly address: string | null;
  readonly model: string | null;
  /** The time of the last change; absent until the first report. */
  readonly since?: Date;
  /** True while an operator forces the choice. */
  readonly forced: boolean;
  /** True if no member is usable, so that `use` is what the route's `when_none` says. */
  readonly exhausted: boolean;
  /**
   * True if nothing confirms the choice now: the exporter cannot be reached, nothing is known of the member, or another
   * replica leads. The choice is then the last known one.
   */
  readonly stale: boolean;
}

/** The options of `currentRoute`. */
export interface CurrentRouteOptions {
  /** Aborts the request. */
  readonly signal?: AbortSignal;
  /** Timeout of the request in milliseconds, 5000 by default. */
  readonly timeoutMs?: number;
  /** Headers to send, such as credentials for a proxy. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options of `followRoute`. */
export interface FollowRouteOptions {
  /** Stops following. */
  readonly signal?: AbortSignal;
  /** Called with the first report, and whenever it changes. */
  readonly onChange?: (report: RouteReport) => void;
  /** Called with each error. Following continues. */
  readonly onError?: (error: unknown) => void;
  /** The member to use until the first report. */
  readonly initial?: { readonly use: string; readonly address?: string; readonly model?: string };
  /** Time without a sign of life from the exporter after which a report is stale, in milliseconds; 10000 by default. */
  readonly staleAfterMs?: number;
  /** Headers to send with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Follows the choice of a route. Iterating yields the current report and then each change; a slow consumer skips outdated
 * reports. The iteration ends with `close()`, never with an error.
 */
export interface RouteFollower extends AsyncIterable<RouteReport>, Disposable {
  /** Returns the latest report at once, without a request. */
  current(): RouteReport;
  /** Stops following and ends all iterations. */
  close(): void;
}

/** Shortest and longest time between two requests after an error. */
const RETRY_MS = { least: 500, most: 10_000 } as const;

/** Time for which an answer may be late, beyond that for which it waits. */
const GRACE_MS = 5000;

/**
 * Fetches the choice of a route once.
 *
 * @param url URL of the exporter, including its route prefix: `http://heartbeat-exporter:8091`
 * @returns rejects with ModeError if the exporter answers with an error (404: the route is unknown), and with another error
 *   if the exporter cannot be reached
 */
export async function currentRoute(
  url: string | URL,
  route: string,
  { signal, timeoutMs = 5000, headers = {} }: CurrentRouteOptions = {},
): Promise<RouteReport> {
  const answer = await fetchRoute(url, route, { signal, timeoutMs, headers, query: {} });
  if (answer === "unchanged") throw new ModeError("got status 304, want 200", 304);
  return answer.report;
}

/**
 * Follows the choice of a route by requests that wait for its next change. It never gives up: while the exporter cannot be
 * reached, the last known choice applies and is marked as stale.
 *
 * @example
 * ```ts
 * import { followRoute } from "heartbeat-exporter";
 *
 * using route = followRoute("http://heartbeat-exporter:8091", "chat", {
 *   initial: { use: "openai", address: "https://api.openai.com/v1", model: "gpt-4o-mini" },
 * });
 *
 * const { address, model } = route.current();
 * console.log(`ask ${model} at ${address}`);
 * ```
 *
 * @param url URL of the exporter, including its route prefix: `http://heartbeat-exporter:8091`
 */
export function followRoute(
  url: string | URL,
  route: string,
  options: FollowRouteOptions = {},
): RouteFollower {
  const { onChange = () => {}, onError = () => {}, initial, staleAfterMs = 10_000, headers = {} } = options;
  const closing = new AbortController();
  const signal =
    options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal]);
  const follower = createFollower<RouteReport>({
    initial: {
      route,
      use: initial?.use ?? null,
      address: initial?.address ?? null,
      model: initial?.model ?? null,
      forced: false,
      exhausted: false,
      stale: true,
    },
    isSame: (a, b) => JSON.stringify(a) === JSON.stringify(b),
    signal,
    staleAfterMs,
    onChange,
    onError,
  });
  // An answer has to come before the report would be stale.
  const waitMs = Math.max(1, Math.round(staleAfterMs * 0.6));

  const run = async (): Promise<void> => {
    let etag: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const query = etag === undefined ? {} : { wait: `${waitMs}ms`, etag };
        const timeoutMs = waitMs + GRACE_MS;
        const answer = await fetchRoute(url, route, { signal, timeoutMs, headers, query });
        failures = 0;
        follower.postponeStale();
        if (answer === "unchanged") {
          // A stale report that the exporter confirms is fresh again.
          etag = follower.current().stale ? undefined : etag;
          continue;
        }
        follower.update(answer.report);
        etag = answer.etag;
        // Without a tag the exporter would answer at once, again and again.
        if (etag === undefined) await pause(waitMs, signal);
      } catch (error) {
        if (signal.aborted) break;
        onError(error);
        failures += 1;
        const most = Math.min(RETRY_MS.least * 2 ** (failures - 1), RETRY_MS.most);
        await pause(most * (0.5 + Math.random() / 2), signal);
      }
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

interface RouteRequest {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

interface RouteAnswer {
  readonly report: RouteReport;
  readonly etag?: string;
}

async function fetchRoute(
  url: string | URL,
  route: string,
  { signal, timeoutMs, headers, query }: RouteRequest,
): Promise<RouteAnswer | "unchanged"> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(routeOf(url, `route/${encodeURIComponent(route)}`, query), {
    headers: { ...headers, Accept: "application/json" },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  if (response.status === 304) {
    await response.body?.cancel();
    return "unchanged";
  }
  const text = await response.text();
  if (response.status !== 200) throw new ModeError(`${response.status}: ${errorText(text)}`, response.status);
  const report = reportOf(parseJson(text));
  if (report === undefined)
    throw new ModeError("got an answer without a route, want that of /route/NAME", 200);
  const etag = response.headers.get("ETag")?.replaceAll('"', "");
  return etag === undefined ? { report } : { report, etag };
}

/** Converts an answer of `/route/NAME`; returns `undefined` if it contains no route. */
function reportOf(value: unknown): RouteReport | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { route, use, address, model, since, forced, exhausted, stale } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof route !== "string" || use === undefined) return undefined;
  const textOf = (field: unknown): string | null => (typeof field === "string" ? field : null);
  return {
    route,
    use: textOf(use),
    address: textOf(address),
    model: textOf(model),
    ...(typeof since === "string" && !Number.isNaN(Date.parse(since)) ? { since: new Date(since) } : {}),
    forced: forced === true,
    exhausted: exhausted === true,
    stale: stale === true,
  };
}
