import type { Arrival } from "../../core/precision.ts";
import type { Degradation } from "../../core/prober.ts";
import { unfinishedFailure } from "../inspection/match.ts";
import { procedure } from "../inspection/procedure.ts";
import { inspect } from "../inspection/thread.ts";
import type { ContentFindings, ContentQuestion, ContentWork } from "./content.ts";
import type { HttpModule } from "./options.ts";
import type { HeaderRule } from "./rules.ts";
import { NO_BODY, type ResponseBody, readBody } from "./transport/body.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { TakenValues } from "./values.ts";
import type { FinalResponse } from "./visit.ts";

/** The verdict on a final response. */
export interface ResponseVerdict {
  readonly failure: Failure | undefined;
  /** The first rule that makes the target degraded; only without a failure. */
  readonly degraded: Degradation | undefined;
  readonly failedDueToRegex: boolean;
  readonly failedDueToCel: boolean;
  readonly bodyLength: number;
  readonly values: TakenValues | undefined;
  /** The end of the response, before it was judged. */
  readonly ended: Arrival["earliest"];
}

/**
 * Reads and judges a response in blackbox_exporter's order: status, headers, body, JSON, version, TLS. The first mismatch is
 * the reason. Headers and body are judged only if the status is accepted, but the body is always read. Rules of the other
 * consequence, degraded, are applied last, to a response without a mismatch.
 */
export async function judge(
  visited: FinalResponse,
  module: HttpModule,
  guard: Guard,
): Promise<ResponseVerdict> {
  const { notFollowed, exchange } = visited;
  const { content } = module;
  const status = judgeStatus(visited, module);
  const headers = status === undefined ? judgeHeaders(visited, module.failHeaders) : undefined;
  const judged = status === undefined && headers === undefined;
  const keep = (judged && content.readsBody) || content.exportsBody;

  const body = await read(visited, keep, module, guard);
  exchange.close();
  const ended = guard.signal.aborted ? guard.clock.monotonic() : guard.clock.arrival().earliest;
  const question = { headers: exchange.headers, judged };
  const found = await inspectBody(body, question, module, guard).finally(() => body.release());
  const { regex, json, values, unfinished } = found;
  const failure =
    status ??
    headers ??
    unfinished ??
    regex ??
    json ??
    (notFollowed === undefined ? body.failure : undefined) ??
    judgeVersion(visited, module) ??
    judgeTls(visited, module);
  const doubt = judgeHeaders(visited, module.degradedHeaders);
  const degraded: Degradation | undefined =
    doubt === undefined ? found.degraded : { reason: "header_mismatch", detail: doubt.detail };

  return {
    failure,
    degraded: failure === undefined ? degraded : undefined,
    failedDueToRegex: headers !== undefined || regex !== undefined,
    failedDueToCel: json !== undefined,
    bodyLength: body.length,
    values,
    ended,
  };
}

const INSPECT_CONTENT = procedure<ContentWork, ContentFindings>("./inspect-content", import.meta.url);

/** The findings in a body, or the reason why it was not inspected to the end. */
type Inspected = ContentFindings & { readonly unfinished?: Failure };

/** Inspects a body, a long one in another thread: rules on it could hold up all other probes. */
async function inspectBody(
  body: ResponseBody,
  question: ContentQuestion,
  { content }: HttpModule,
  { signal }: Guard,
): Promise<Inspected> {
  if (body.failure !== undefined || body.content.length <= content.short)
    return content.inspect(body.failure ?? body.content, question);
  const work = { options: content.options, question, bytes: owned(body.content) };
  const done = await inspect(INSPECT_CONTENT, work, signal);
  if (typeof done !== "string") return done.output;
  const unfinished = unfinishedFailure(done, body.length);
  return { regex: undefined, json: undefined, degraded: undefined, values: undefined, unfinished };
}

/** Returns bytes that share their memory with no others, so that it can move to another thread. */
const owned = (bytes: Buffer): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);

/** Reads the body, except that of a redirect that is not followed, which fails only rules about the body. */
async function read(
  { exchange, notFollowed }: FinalResponse,
  keep: boolean,
  { bodyPlan }: HttpModule,
  guard: Guard,
): Promise<ResponseBody> {
  if (notFollowed !== undefined) {
    return { ...NO_BODY, failure: failure("body_mismatch", `the body was not read: ${notFollowed}`) };
  }
  return exchange.body === undefined ? NO_BODY : readBody(exchange.body, { ...bodyPlan, keep }, guard);
}

function judgeStatus(
  { exchange: { status }, notFollowed }: FinalResponse,
  { statuses }: HttpModule,
): Failure | undefined {
  if (statuses.accepts(status)) return undefined;
  if (notFollowed !== undefined) return failure("redirect", `status ${status}: ${notFollowed}`);
  return failure("http_status", `status ${status}, want ${statuses.text}`);
}

function judgeHeaders({ exchange }: FinalResponse, rules: readonly HeaderRule[]): Failure | undefined {
  for (const rule of rules) {
    const mismatch = rule(exchange.headers);
    if (mismatch !== undefined) return failure("header_mismatch", mismatch);
  }
  return undefined;
}

function judgeVersion({ exchange }: FinalResponse, { versions }: HttpModule): Failure | undefined {
  const version = `HTTP/${exchange.version}`;
  if (versions.length === 0 || versions.includes(version)) return undefined;
  return failure("header_mismatch", `version ${version}, want ${versions.join(", ")}`);
}

function judgeTls({ tls }: FinalResponse, { failIfSsl, failIfNotSsl }: HttpModule): Failure | undefined {
  if (tls && failIfSsl) return failure("tls", "the final response came over TLS");
  if (!tls && failIfNotSsl) return failure("tls", "the final response did not come over TLS");
  return undefined;
}
