import { describeError } from "../errors.ts";
import type { HttpModule } from "./options.ts";
import { NO_BODY, type ResponseBody, readBody } from "./transport/body.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { FinalResponse } from "./visit.ts";

/** The verdict on a final response. */
export interface ResponseVerdict {
  readonly failure: Failure | undefined;
  readonly failedDueToRegex: boolean;
  readonly failedDueToCel: boolean;
  readonly bodyLength: number;
  /** The body, if rules or values need it and it is complete. */
  readonly content: Buffer | undefined;
}

/**
 * Judges a response in blackbox_exporter's order: status, headers, body, JSON, version, TLS. The first mismatch is the
 * reason. Headers and body are judged only if the status is accepted, but the body is always read.
 */
export async function judge(
  visited: FinalResponse,
  module: HttpModule,
  guard: Guard,
): Promise<ResponseVerdict> {
  const { notFollowed } = visited;
  const status = judgeStatus(visited, module);
  const headers = status === undefined ? judgeHeaders(visited, module) : undefined;
  const hasRules = module.bodyRules.length > 0 || module.jsonRules.length > 0;
  const judged = status === undefined && headers === undefined && hasRules;
  const keep = judged || module.values?.needsBody === true;

  const body = await read(visited, keep, module, guard);
  const regex = judged ? judgeBody(body, module) : undefined;
  const json = judged && regex === undefined ? judgeJson(body, module) : undefined;

  return {
    failure:
      status ??
      headers ??
      regex ??
      json ??
      (notFollowed === undefined ? body.failure : undefined) ??
      judgeVersion(visited, module) ??
      judgeTls(visited, module),
    failedDueToRegex: headers !== undefined || regex !== undefined,
    failedDueToCel: json !== undefined,
    bodyLength: body.length,
    content: keep && body.failure === undefined ? body.content : undefined,
  };
}

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

function judgeHeaders({ exchange }: FinalResponse, { headerRules }: HttpModule): Failure | undefined {
  const mismatch = firstOf(headerRules, exchange.headers);
  return mismatch === undefined ? undefined : failure("header_mismatch", mismatch);
}

/** Applies the expressions to the body. An incomplete body fails them. */
function judgeBody(body: ResponseBody, { bodyRules }: HttpModule): Failure | undefined {
  if (bodyRules.length === 0) return undefined;
  if (body.failure !== undefined) return body.failure;
  const mismatch = firstOf(bodyRules, body.content.toString("utf8"));
  return mismatch === undefined ? undefined : failure("body_mismatch", mismatch);
}

function judgeJson(body: ResponseBody, { jsonRules }: HttpModule): Failure | undefined {
  if (jsonRules.length === 0) return undefined;
  if (body.failure !== undefined) return body.failure;
  let value: unknown;
  try {
    value = JSON.parse(body.content.toString("utf8"));
  } catch (error) {
    return failure("malformed", `the body is not JSON: ${describeError(error)}`);
  }
  const mismatch = firstOf(jsonRules, value);
  return mismatch === undefined ? undefined : failure("body_mismatch", mismatch);
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

function firstOf<T>(rules: readonly ((subject: T) => string | undefined)[], subject: T): string | undefined {
  for (const rule of rules) {
    const mismatch = rule(subject);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}
