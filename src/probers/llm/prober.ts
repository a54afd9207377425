import { defined } from "../../core/defined.ts";
import type { Phases } from "../../core/phases.ts";
import type {
  Objection,
  Outcome,
  ProbeContext,
  ProbeResult,
  Prober,
  ProbeTarget,
} from "../../core/prober.ts";
import { failed } from "../../core/prober.ts";
import { seconds } from "../../core/units.ts";
import { certificateMetrics, certificateSamples } from "../certificates.ts";
import { askQuestion, openTarget, type QuestionContext, type QuestionResult } from "./ask.ts";
import { askTier } from "./ask-tier.ts";
import { caution, clearTextWarning, hasCredential } from "./cautions.ts";
import { factsOf } from "./facts.ts";
import { llmMetrics } from "./metrics.ts";
import { compileLlm, type LlmModule } from "./options.ts";
import { type LlmReason, llmReasons } from "./reasons.ts";
import { endpointOf, outcomeOfObjection, requestedModel } from "./request.ts";
import { samplesOf } from "./samples.ts";
import { type LlmOptions, llmSchema } from "./schema.ts";
import { expectedSpend, spentOn } from "./spending.ts";
import { tierObjection } from "./tiers.ts";

/**
 * Asks a language model a question, measures the answer while it arrives, and judges it.
 * @example
 * const module = llmProber.compile({ api: "openai", model: "gpt-4o-mini", prompt: "2 + 3?", expect: { word: "5" } }, compileContext);
 * const { outcome, answered } = await llmProber.probe({ address: "http://127.0.0.1:8080/v1", configured: true }, module, context);
 */
export const llmProber = {
  kind: "llm",
  metrics: [...Object.values(llmMetrics), ...Object.values(certificateMetrics)],
  reasons: llmReasons,
  schema: llmSchema,
  costly: true,
  compile: compileLlm,
  objection,
  caution,
  expectedSpend,
  // Without a key there is no account that a stranger could spend from.
  allowsModel: (model, module) =>
    !hasCredential(module) || model === module.model || module.acceptsModel?.(model) === true,
  configuredOnly: hasCredential,
  coldStartAfter: ({ coldStartAfter }) => coldStartAfter,
  tiers: ({ tiers }) => tiers,
  askTier: (target, module, { name }, context) => askNamedTier(target, module, name, context),
  probe: probeLlm,
} satisfies Prober<LlmOptions, LlmModule, LlmReason>;

async function probeLlm(
  target: ProbeTarget,
  module: LlmModule,
  context: ProbeContext,
): Promise<ProbeResult<LlmReason>> {
  const url = endpointOf(target, module);
  if (!(url instanceof URL)) return notAsked(outcomeOfObjection(url), module);
  const shared = await openTarget(target, module, url, context);
  if ("refused" in shared) return notAsked(shared.refused, module);
  const warning = clearTextWarning(url, module);
  if (warning !== undefined) context.log(`warning: ${warning}`);
  const result = await askAll(shared, context);
  const peer = shared.handshake()?.facts(context.clock);
  return {
    ...result,
    samples: [...result.samples, ...certificateSamples(peer, module.tls.clientCertificateExpiry())],
  };
}

async function askNamedTier(
  target: ProbeTarget,
  module: LlmModule,
  name: string,
  context: ProbeContext,
): Promise<Outcome<LlmReason>> {
  const tier = module.tiers.find((one) => one.name === name);
  if (tier === undefined) throw new Error(`the module has no tier ${name}`);
  return askTier(target, module, tier, context);
}

/** Asks the questions of this probe until one fails. */
async function askAll(shared: QuestionContext, context: ProbeContext): Promise<ProbeResult<LlmReason>> {
  const { first, further } = shared.module.nextQuestions(shared.target);
  const total = further.length + 1;
  const results = [await askQuestion(shared, first, context)];
  for (const question of further) {
    if (results.at(-1)?.verdict.outcome.ok !== true) break;
    if (context.signal.aborted) {
      const outcome = failed("timeout", `no time was left for prompt ${results.length + 1} of ${total}`);
      return { ...resultOf(results, shared, total), outcome };
    }
    results.push(await askQuestion(shared, question, context));
  }
  return resultOf(results, shared, total);
}

/** Combines the times of the first question with the verdict of the last, which is the one that failed if one did. */
function resultOf(
  results: readonly QuestionResult[],
  shared: QuestionContext,
  total: number,
): ProbeResult<LlmReason> {
  const [first] = results;
  const last = results.at(-1);
  if (first === undefined || last === undefined) throw new Error("no question was asked");
  const { outcome, answered } = last.verdict;
  const { retryAfter } = last.evidence;
  const facts = factsOf(
    results.map(({ evidence }) => evidence),
    first.evidence,
    last.evidence,
  );
  const { headers: processing, ...connecting } = first.evidence.exchange.phases;
  const phases: Phases = { ...connecting, ...defined({ processing }) };
  const duration = seconds(last.evidence.endedAt - first.evidence.exchange.start);
  return {
    outcome:
      outcome.ok || total === 1
        ? outcome
        : failed(outcome.reason, `prompt ${results.length} of ${total}: ${outcome.detail}`),
    ...defined({ answered: answered ?? (results.length > 1 ? true : undefined) }),
    duration,
    spent: spentOn(results, shared),
    facts,
    phases,
    samples: samplesOf(facts, first.evidence, last),
    ...defined({ retryAfter }),
  };
}

/** Returns the result of a probe that ended before anything was sent. */
const notAsked = (outcome: Outcome<LlmReason>, { tls }: LlmModule): ProbeResult<LlmReason> => ({
  outcome,
  answered: false,
  samples: certificateSamples(undefined, tls.clientCertificateExpiry()),
});

/** Objects to an address that is not the URL of a server, and to a missing model that the API or a tier needs. */
function objection(target: ProbeTarget, module: LlmModule): Objection | undefined {
  const url = endpointOf(target, module);
  if (!(url instanceof URL)) return url;
  // Only configured targets have tiers.
  const tiers = target.configured ? module.tiers : [];
  return tiers
    .map((tier) => tierObjection(tier, requestedModel(target, module)))
    .find((problem) => problem !== undefined);
}
