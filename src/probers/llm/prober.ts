import { defined } from "../../core/defined.ts";
import type {
  Objection,
  Outcome,
  ProbeContext,
  ProbeResult,
  Prober,
  ProbeTarget,
} from "../../core/prober.ts";
import { failed } from "../../core/prober.ts";
import type { FailureReason } from "../../core/reasons.ts";
import { seconds } from "../../core/units.ts";
import { askQuestion, open, type QuestionContext, type QuestionResult } from "./ask.ts";
import { askTier } from "./ask-tier.ts";
import { newValues } from "./judge/prompt.ts";
import { compileLlm, type LlmModule } from "./options.ts";
import { prepare } from "./request.ts";
import { samplesOf } from "./samples.ts";
import { type LlmOptions, llmSchema } from "./schema.ts";
import { expectedSpend, spentOn } from "./spending.ts";

/** Asks a language model a question and judges the answer, measuring it while it comes. */
export const llmProber = {
  kind: "llm",
  schema: llmSchema,
  costly: true,
  compile: compileLlm,
  objection,
  caution,
  expectedSpend,
  configuredOnly: hasCredential,
  coldStartAfter: ({ coldStartAfter }) => coldStartAfter,
  tiers: ({ tiers }) => tiers,
  askTier: (target, module, { name }, context) => askNamedTier(target, module, name, context),
  probe: probeLlm,
} satisfies Prober<LlmOptions, LlmModule>;

async function probeLlm(target: ProbeTarget, module: LlmModule, context: ProbeContext): Promise<ProbeResult> {
  const prepared = prepare(target, module, module.questions.first, newValues());
  if ("want" in prepared) return unasked("bad_request", `the ${prepared.part} is not ${prepared.want}`);
  const opened = await open(target, module, prepared.url, context);
  if ("refused" in opened) return { outcome: opened.refused, answered: false, samples: [] };
  const doubt = caution(target, module);
  if (doubt !== undefined) context.log(`warning: ${doubt}`);
  return askAll(opened, context);
}

async function askNamedTier(
  target: ProbeTarget,
  module: LlmModule,
  name: string,
  context: ProbeContext,
): Promise<Outcome> {
  const tier = module.tiers.find((one) => one.name === name);
  if (tier === undefined) throw new Error(`a module was asked for a tier that it does not have: ${name}`);
  return askTier(target, module, tier, context);
}

/** Asks the questions of this probe until one fails. */
async function askAll(opened: QuestionContext, context: ProbeContext): Promise<ProbeResult> {
  const { first, further } = opened.module.turns(opened.target);
  const wanted = further.length + 1;
  const asked = [await askQuestion(opened, first, context)];
  for (const question of further) {
    if (asked.at(-1)?.verdict.outcome.ok !== true) break;
    if (context.signal.aborted) {
      const outcome = failed("timeout", `no time was left for prompt ${asked.length + 1} of ${wanted}`);
      return { ...resultOf(asked, opened, wanted), outcome };
    }
    asked.push(await askQuestion(opened, question, context));
  }
  return resultOf(asked, opened, wanted);
}

/** Times are those of the first question, the verdict is that of the last, which is the one that failed if one did. */
function resultOf(asked: readonly QuestionResult[], opened: QuestionContext, wanted: number): ProbeResult {
  const [first] = asked;
  const last = asked.at(-1);
  if (first === undefined || last === undefined) return unasked("internal", "nothing was asked");
  const { outcome, answered } = last.verdict;
  const { retryAfter } = last.evidence;
  const duration = seconds(last.evidence.exchange.end - first.evidence.exchange.start);
  return {
    outcome:
      outcome.ok || wanted === 1
        ? outcome
        : failed(outcome.reason, `prompt ${asked.length} of ${wanted}: ${outcome.detail}`),
    answered,
    duration,
    spent: spentOn(asked, opened),
    samples: samplesOf(
      first.evidence,
      last,
      asked.map(({ evidence }) => evidence.answer.usage),
    ),
    ...defined({ retryAfter }),
  };
}

/** A probe that ended before anything was sent. */
const unasked = (reason: FailureReason, detail: string): ProbeResult => ({
  outcome: failed(reason, detail),
  answered: false,
  samples: [],
});

/** An address that is no URL of a server, or a model that has to be named. */
function objection(target: ProbeTarget, module: LlmModule): Objection | undefined {
  const prepared = prepare(target, module, module.questions.first, newValues());
  return "want" in prepared ? prepared : undefined;
}

/** Returns true if requests of the module carry a secret. */
function hasCredential({ key, headers }: LlmModule): boolean {
  return key !== undefined || Object.keys(headers).length > 0;
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A credential that everybody on the way can read. */
function caution(target: ProbeTarget, module: LlmModule): string | undefined {
  const prepared = prepare(target, module, module.questions.first, newValues());
  if ("want" in prepared || prepared.url.protocol !== "http:" || LOOPBACK.test(prepared.url.hostname))
    return undefined;
  return hasCredential(module)
    ? "the credential of its module goes there in clear text, as the target is no https"
    : undefined;
}
