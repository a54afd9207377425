/** What to do in fallback, as the exporter's configuration says. */
export interface FallbackPolicy {
  /** What the consumer does, in the words of the configuration: `rule_based` by default. */
  readonly mode: string;
  readonly confidenceReduction: number;
  readonly processWithLowerConfidence: boolean;
  /** Go's form: `30m0s`. */
  readonly maxDuration: string;
}

/** In which mode to work. */
export interface ModeReport {
  /** The target that it is about; absent while nothing is known and none was asked for. */
  readonly target?: string;
  readonly mode: "primary" | "fallback";
  /** Since when; absent while nothing is known. */
  readonly since?: Date;
  /** Whether somebody holds the mode by hand. */
  readonly forced: boolean;
  /** `null` where the target has no failover, or nothing is known. */
  readonly policy: FallbackPolicy | null;
  /** The exporter cannot be reached: this is the last that was known, or the default when nothing ever was. */
  readonly stale: boolean;
}

/** The exporter answered, and not with a mode. */
export class ModeError extends Error {
  override readonly name = "ModeError";
  /** Of the answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface CurrentModeOptions {
  /** The target; without it the only one with failover. */
  readonly target?: string;
  readonly signal?: AbortSignal;
  /** How long to wait for the answer, 5000 by default. */
  readonly timeoutMs?: number;
  /** Sent with the request: for a proxy that wants to know who asks, for example. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, to be asked about again. */
export interface Answered {
  readonly report: ModeReport;
  readonly etag: string | null;
}

/**
 * Asks once.
 * @param url of the exporter: `http://heartbeat-exporter:8091`, with its route prefix if it has one
 * @throws ModeError when it answers something else: 400 when the target is not clear, 404 when there is none
 * @throws Error when it cannot be reached
 */
export async function currentMode(url: string | URL, options: CurrentModeOptions = {}): Promise<ModeReport> {
  const answered = await askMode(url, options, undefined);
  if (answered === "unchanged")
    throw new ModeError("the exporter says that nothing changed, which nobody asked", 304);
  return answered.report;
}

/** @param known what was answered before; the answer may be that it still holds */
export async function askMode(
  url: string | URL,
  { target, signal, timeoutMs = 5000, headers = {} }: CurrentModeOptions,
  known: Answered | undefined,
): Promise<Answered | "unchanged"> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(routeOf(url, "config/mode", target === undefined ? {} : { target }), {
    headers: {
      ...headers,
      Accept: "application/json",
      ...(typeof known?.etag === "string" ? { "If-None-Match": known.etag } : {}),
    },
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  if (response.status === 304 && known !== undefined) {
    await response.body?.cancel();
    return "unchanged";
  }
  const text = await response.text();
  if (response.status !== 200)
    throw new ModeError(`${response.status}: ${complaintOf(text)}`, response.status);
  const report = reportOf(parsed(text));
  if (report === undefined) throw new ModeError("the answer says nothing of a mode", response.status);
  return { report, etag: response.headers.get("ETag") };
}

/** A route of the exporter, below whatever prefix its URL has. */
export function routeOf(url: string | URL, route: string, query: Readonly<Record<string, string>>): URL {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/${route}`;
  base.search = new URLSearchParams(query).toString();
  return base;
}

/** What the exporter, or something before it, says is wrong. */
export function complaintOf(body: string): string {
  const answer = parsed(body);
  const said = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : undefined;
  return typeof said === "string" ? said : body.trim().slice(0, 500);
}

/** What is no JSON is nothing. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What `/config/mode` or an event of the stream says of a mode; `undefined` when it says nothing. */
export function reportOf(value: unknown): ModeReport | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { target, current_mode, mode_since, at, forced, failover } = value as Readonly<
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
    stale: false,
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
