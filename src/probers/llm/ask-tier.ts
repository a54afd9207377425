import { failed, type Outcome, type ProbeContext, type ProbeTarget, succeeded } from "../../core/prober.ts";
import { NO_ROOM } from "../response-memory.ts";
import { openTarget, type QuestionContext } from "./ask.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { describe, reasonOfConnection, reasonOfTimeout } from "./failure.ts";
import { judgeTier, needsBody } from "./judge-tier.ts";
import { listQuery } from "./model-list.ts";
import type { LlmModule } from "./options.ts";
import type { LlmReason } from "./reasons.ts";
import { endpointOf, outcomeOfObjection, requestedModel, withoutQuery } from "./request.ts";
import { type LlmTier, tierObjection } from "./tiers.ts";

/** Longest body that is read, in bytes after decompression: a longer one would delay other probes. */
const MAX_TIER_BODY = 4 * 2 ** 20;

/** A response to a tier, as far as it was received. */
interface TierResponse {
  readonly status: number | undefined;
  readonly body: string;
  readonly isTooLong: boolean;
}

/**
 * Requests the path of a tier from the target's server. A 2xx status is a success, if the body meets the expectations of the
 * tier; without any, it is not read. Success says nothing about the model, whose engine may hang behind a healthy server.
 */
export async function askTier(
  target: ProbeTarget,
  module: LlmModule,
  tier: LlmTier,
  context: ProbeContext,
): Promise<Outcome<LlmReason>> {
  const endpoint = endpointOf(target, module);
  if (!(endpoint instanceof URL)) return outcomeOfObjection(endpoint);
  const model = requestedModel(target, module);
  const objection = tierObjection(tier, model);
  if (objection !== undefined) return outcomeOfObjection(objection);
  const url = urlOf(endpoint, tier, model ?? "", module);
  const shared = await openTarget(target, module, url, context);
  if ("refused" in shared) return shared.refused;
  const { response, finished } = await request(tier, shared, context);
  const outcome = await outcomeOf(tier, response, finished, model ?? "", shared, context.signal);
  context.log("asked", { method: "GET", url: withoutQuery(url), status: response.status, ...outcome });
  return outcome;
}

function urlOf({ origin }: URL, tier: LlmTier, model: string, { format, query }: LlmModule): URL {
  const url = new URL(origin);
  url.pathname = tier.path(model);
  const all = { ...(tier.listsModel ? listQuery(format.api) : {}), ...query };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url;
}

async function request(
  tier: LlmTier,
  { url, agent, credential, module }: QuestionContext,
  context: ProbeContext,
): Promise<{ readonly response: TierResponse; readonly finished: Exchange }> {
  let status: number | undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const call = {
    method: "GET",
    url,
    headers: credential.headers,
    agent,
    proxied: module.proxy !== undefined,
  } as const;
  const receiver = {
    head: (code: number) => {
      status = code;
    },
    data: (chunk: Uint8Array) => {
      if (!needsBody(tier) || !isSuccess(status)) return true;
      chunks.push(chunk);
      length += chunk.length;
      return length > MAX_TIER_BODY;
    },
  };
  const finished = await exchange(call, receiver, context);
  const isTooLong = length > MAX_TIER_BODY;
  const body = isTooLong ? "" : new TextDecoder().decode(Buffer.concat(chunks));
  return { response: { status, body, isTooLong }, finished };
}

async function outcomeOf(
  tier: LlmTier,
  { status, body, isTooLong }: TierResponse,
  { ending, progress }: Exchange,
  model: string,
  { url, module, credential }: QuestionContext,
  signal: AbortSignal,
): Promise<Outcome<LlmReason>> {
  if (ending.kind === "no_room") return failed("queue_timeout", NO_ROOM);
  if (status !== undefined) {
    if (!isSuccess(status))
      return failed(
        status === 404 && tier.asksForModel ? "model_not_found" : "http_status",
        `HTTP ${status}`,
      );
    if (!needsBody(tier)) return succeeded;
    if (isTooLong) return failed("too_large", `the body is longer than ${MAX_TIER_BODY} bytes`);
    if (ending.kind === "ended") return judgeTier(tier, body, model, credential.secrets, signal);
  }
  return ending.kind === "failed"
    ? failed(
        reasonOfConnection(ending.error, progress, url.hostname, module.proxy !== undefined),
        describe(ending.error),
      )
    : failed(reasonOfTimeout(progress, false, false), `deadline passed while ${progress}`);
}

const isSuccess = (status: number | undefined): boolean =>
  status !== undefined && status >= 200 && status < 300;
