/** The behaviour that the exporter's configuration prescribes in fallback. The application carries it out. */
export interface FallbackPolicy {
  /** The kind of fallback, as configured; `rule_based` by default. */
  readonly mode: string;
  readonly confidenceReduction: number;
  readonly processWithLowerConfidence: boolean;
  /** A duration in Go's format: `30m0s`. */
  readonly maxDuration: string;
}

/** The mode to work in. */
export interface ModeReport {
  /** The target; absent if none was requested and no report has arrived yet. */
  readonly target?: string;
  readonly mode: "primary" | "fallback";
  /** The time of the last change; absent until the first report. */
  readonly since?: Date;
  /** True while an operator forces the mode. */
  readonly forced: boolean;
  /** `null` if the target has no failover, and until the first report. */
  readonly policy: FallbackPolicy | null;
  /**
   * True if nothing confirms the mode now: the exporter cannot be reached, its newest result is too old, or another replica
   * leads. The mode is then the last known one, or the initial one before the first report.
   */
  readonly stale: boolean;
  /** True if the replica that reported leads; absent without replicas. */
  readonly leader?: boolean;
}

/** The error of an exporter that answered, but not with a mode. */
export class ModeError extends Error {
  override readonly name = "ModeError";
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The options of `currentMode`. */
export interface CurrentModeOptions {
  /** The target; may be omitted if only one target has failover. */
  readonly target?: string;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
  /** Timeout of the request in milliseconds, 5000 by default. */
  readonly timeoutMs?: number;
  /** Headers to send, such as credentials for a proxy. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of `/config/mode` with its ETag, for conditional requests. */
export interface ModeAnswer {
  readonly report: ModeReport;
  readonly etag: string | null;
}

/**
 * Fetches the mode of a target once.
 *
 * @example
 * ```ts
 * import { currentMode, ModeError } from "heartbeat-exporter";
 *
 * try {
 *   const { mode, policy } = await currentMode("http://heartbeat-exporter:8091", { target: "gpt" });
 *   console.log(mode, policy?.confidenceReduction);
 * } catch (error) {
 *   if (error instanceof ModeError && error.status === 404) console.error("gpt is not configured");
 *   else throw error;
 * }
 * ```
 *
 * @param url URL of the exporter, including its route prefix: `http://heartbeat-exporter:8091`
 * @returns rejects with ModeError if the exporter answers with an error (400: `target` is required, 404: it is unknown), and
 *   with another error if the exporter cannot be reached
 */
export async function currentMode(url: string | URL, options: CurrentModeOptions = {}): Promise<ModeReport> {
  const answer = await fetchMode(url, options, undefined);
  if (answer === "unchanged")
    throw new ModeError("got status 304 for a request without If-None-Match, want 200", 304);
  return answer.report;
}

/**
 * Fetches the mode of a target, conditionally if an earlier answer is given.
 * @param previous the last answer
 * @returns "unchanged" if `previous` is still valid
 */
export async function fetchMode(
  url: string | URL,
  { target, signal, timeoutMs = 5000, headers = {} }: CurrentModeOptions,
  previous: ModeAnswer | undefined,
): Promise<ModeAnswer | "unchanged"> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(routeOf(url, "config/mode", target === undefined ? {} : { target }), {
    headers: {
      ...headers,
      Accept: "application/json",
      ...(typeof previous?.etag === "string" ? { "If-None-Match": previous.etag } : {}),
    },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  if (response.status === 304 && previous !== undefined) {
    await response.body?.cancel();
    return "unchanged";
  }
  const text = await response.text();
  if (response.status !== 200) throw new ModeError(`${response.status}: ${errorText(text)}`, response.status);
  const report = reportOf(parseJson(text));
  if (report === undefined)
    throw new ModeError("got an answer without a mode, want that of /config/mode", response.status);
  return { report, etag: response.headers.get("ETag") };
}

/** Returns the URL of a route of the exporter, below the path of `url`. */
export function routeOf(url: string | URL, route: string, query: Readonly<Record<string, string>>): URL {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/${route}`;
  base.search = new URLSearchParams(query).toString();
  return base;
}

/** Returns the message of an error response: the exporter's, or the start of the body that a proxy sent. */
export function errorText(body: string): string {
  const answer = parseJson(body);
  const error = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : undefined;
  return typeof error === "string" ? error : body.trim().slice(0, 500);
}

/** Parses JSON, or returns `undefined` if `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Converts an answer of `/config/mode` or an event of the stream; returns `undefined` if it contains no mode. */
export function reportOf(value: unknown): ModeReport | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { target, current_mode, mode_since, at, forced, failover, stale, leader } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof target !== "string" || (current_mode !== "primary" && current_mode !== "fallback"))
    return undefined;
  const since = typeof mode_since === "string" ? mode_since : at;
  return {
    target,
    mode: current_mode,
    ...(typeof since === "string" && !Number.isNaN(Date.parse(since)) ? { since: new Date(since) } : {}),
    forced: forced === true,
    policy: policyOf(failover),
    stale: stale === true,
    ...(typeof leader === "boolean" ? { leader } : {}),
  };
}

function policyOf(value: unknown): FallbackPolicy | null {
  if (typeof value !== "object" || value === null) return null;
  const { mode, confidence_reduction, process_with_lower_confidence, max_duration } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof mode !== "string" || typeof confidence_reduction !== "number") return null;
  return {
    mode,
    confidenceReduction: confidence_reduction,
    processWithLowerConfidence: process_with_lower_confidence === true,
    maxDuration: typeof max_duration === "string" ? max_duration : "",
  };
}
