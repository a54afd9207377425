import type { Degradation } from "../../core/prober.ts";
import { describeError } from "../errors.ts";
import type { HttpModule, ResponseRules } from "./options.ts";
import { NO_BODY, type ResponseBody, readBody } from "./transport/body.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { FinalResponse } from "./visit.ts";

/** The verdict on a final response. */
export interface ResponseVerdict {
  readonly failure: Failure | undefined;
  /** The first rule that makes the target degraded; only without a failure. */
  readonly degraded: Degradation | undefined;
  readonly failedDueToRegex: boolean;
  readonly failedDueToCel: boolean;
  readonly bodyLength: number;
  /** The body, if rules or values need it and it is complete. */
  readonly content: Buffer | undefined;
}

/**
 * Judges a response in blackbox_exporter's order: status, headers, body, JSON, version, TLS. The first mismatch is the
 * reason. Headers and body are judged only if the status is accepted, but the body is always read. Rules of the other
 * consequence, degraded, are applied last, to a response without a mismatch.
 */
export async function judge(
  visited: FinalResponse,
  module: HttpModule,
  guard: Guard,
): Promise<ResponseVerdict> {
  const { notFollowed } = visited;
  const { failRules, degradedRules } = module;
  const status = judgeStatus(visited, module);
  const headers = status === undefined ? judgeHeaders(visited, failRules) : undefined;
  const judged = status === undefined && headers === undefined;
  const keep =
    (judged && (readsBody(failRules) || readsBody(degradedRules))) || module.values?.needsBody === true;

  const body = await read(visited, keep, module, guard);
  const regex = judged ? judgeBody(body, failRules) : undefined;
  const json = judged && regex === undefined ? judgeJson(body, failRules) : undefined;
  const failure =
    status ??
    headers ??
    regex ??
    json ??
    (notFollowed === undefined ? body.failure : undefined) ??
    judgeVersion(visited, module) ??
    judgeTls(visited, module);

  return {
    failure,
    degraded: failure === undefined ? degradationOf(visited, body, degradedRules) : undefined,
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

const readsBody = ({ body, json }: ResponseRules): boolean => body.length > 0 || json.length > 0;

/** Applies the rules of a successful probe. A rule that cannot be applied counts as met: unknown is never healthy. */
function degradationOf(
  visited: FinalResponse,
  body: ResponseBody,
  rules: ResponseRules,
): Degradation | undefined {
  const headers = judgeHeaders(visited, rules);
  if (headers !== undefined) return { reason: "header_mismatch", detail: headers.detail };
  const mismatch = judgeBody(body, rules) ?? judgeJson(body, rules);
  return mismatch === undefined ? undefined : { reason: "body_mismatch", detail: mismatch.detail };
}

function judgeHeaders({ exchange }: FinalResponse, { headers }: ResponseRules): Failure | undefined {
  const mismatch = firstOf(headers, exchange.headers);
  return mismatch === undefined ? undefined : failure("header_mismatch", mismatch);
}

/** Applies the expressions to the body. An incomplete body fails them. */
function judgeBody(body: ResponseBody, { body: rules }: ResponseRules): Failure | undefined {
  if (rules.length === 0) return undefined;
  if (body.failure !== undefined) return body.failure;
  const mismatch = firstOf(rules, body.content.toString("utf8"));
  return mismatch === undefined ? undefined : failure("body_mismatch", mismatch);
}

function judgeJson(body: ResponseBody, { json }: ResponseRules): Failure | undefined {
  if (json.length === 0) return undefined;
  if (body.failure !== undefined) return body.failure;
  let value: unknown;
  try {
    value = JSON.parse(body.content.toString("utf8"));
  } catch (error) {
    return failure("malformed", `the body is not JSON: ${describeError(error)}`);
  }
  const mismatch = firstOf(json, value);
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
