import { excerpt } from "../../core/excerpt.ts";
import { failed, type Outcome, succeeded } from "../../core/prober.ts";
import { matchesText, unfinishedFailure } from "../inspection/match.ts";
import { readModelList } from "./model-list.ts";
import type { LlmReason } from "./reasons.ts";
import type { LlmTier } from "./tiers.ts";
import { parseJson } from "./wire/json.ts";

/** Returns true if the outcome of a tier depends on the body. */
export const needsBody = ({ listsModel, pattern }: LlmTier): boolean => listsModel || pattern !== undefined;

/** Judges the body of a successful response. */
export async function judgeTier(
  { listsModel, pattern }: LlmTier,
  body: string,
  model: string,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<Outcome<LlmReason>> {
  const listed = listsModel ? judgeList(body, model, secrets) : succeeded;
  if (!listed.ok || pattern === undefined) return listed;
  const matches = await matchesText(pattern.regexpFor(model), body, signal);
  if (typeof matches === "string") return unfinishedFailure(matches, body.length);
  if (matches) return listed;
  const reason = pattern.namesModel ? "model_not_found" : "content_mismatch";
  return failed(reason, `no match for ${pattern.source} in: ${shown(body, secrets)}`);
}

/** Names of models in a detail. */
const SHOWN_NAMES = 10;

function judgeList(body: string, model: string, secrets: readonly string[]): Outcome<LlmReason> {
  const parsed = parseJson(body);
  const list = parsed.ok ? readModelList(parsed.value) : undefined;
  if (list === undefined) return failed("malformed", `not a list of models: ${shown(body, secrets)}`);
  if (list.has(model)) return succeeded;
  const { names, hasMore } = list;
  const some = names.slice(0, SHOWN_NAMES).join(", ");
  const listed = names.length === 0 ? "no model is listed" : `${names.length} are listed: ${some}`;
  const others = hasMore ? "; the server has more on further pages, use a path with {{model}}" : "";
  return failed("model_not_found", excerpt(`${model} is not listed; ${listed}${others}`, secrets));
}

const shown = (body: string, secrets: readonly string[]): string =>
  body.trim() === "" ? "an empty body" : excerpt(body, secrets);
