import { fillPlaceholders, placeholdersIn } from "../../core/placeholder.ts";
import type { CompileContext, Objection, Tier } from "../../core/prober.ts";
import { parseDuration, seconds } from "../../core/units.ts";
import { compileRegexp, quoteRegexp, type Regexp } from "../regexp.ts";
import type { LlmOptions } from "./schema.ts";

/** A tier that asks the target's server for a path. */
export interface LlmTier extends Tier {
  /** True if the request or the expectation names the model. */
  readonly needsModel: boolean;
  /** True if the path names the model, so that a 404 is about it. */
  readonly asksForModel: boolean;
  /** Returns the path, with the model escaped in it. */
  path(model: string): string;
  /** True if the body has to be a list of models with the model in it. */
  readonly listsModel: boolean;
  /** An expression that has to match the body. */
  readonly pattern?: BodyPattern;
}

/** The option `matches`. */
export interface BodyPattern {
  readonly source: string;
  /** True if the expression names the model, so that a body without a match says that the model is not there. */
  readonly namesModel: boolean;
  /** Returns the expression for a model. @throws Error if it is invalid with the model in it */
  regexpFor(model: string): Regexp;
}

/** The only placeholder of tiers. */
const MODEL = "model";

/** Returns what is wrong with a target for a tier: the tier needs a model and there is none. */
export const tierObjection = (
  { name, needsModel }: LlmTier,
  model: string | undefined,
): Objection | undefined =>
  needsModel && model === undefined
    ? { part: "model", want: `the name of a model, which the tier ${name} needs` }
    : undefined;

/** Compiles validated options, and reports intervals of 0 and unknown placeholders. */
export function compileTiers(options: LlmOptions["tiers"], context: CompileContext): readonly LlmTier[] {
  return Object.entries(options ?? {}).map(([name, tier]): LlmTier => {
    const { path, interval, trigger = false, lists_model: listsModel = false, matches } = tier;
    // The schema guarantees a duration.
    const length = parseDuration(interval) ?? seconds(0);
    if (length === 0) context.problem(["tiers", name, "interval"], interval, "more than 0");
    const namesModel = (option: "path" | "matches", text: string): boolean => {
      const names = placeholdersIn(text);
      for (const other of new Set(names)) {
        if (other !== MODEL)
          context.problem(["tiers", name, option], `{{${other}}}`, "{{model}} as the only placeholder");
      }
      return names.includes(MODEL);
    };
    const asksForModel = namesModel("path", path);
    const pattern = matches === undefined ? undefined : patternOf(matches, namesModel("matches", matches));
    if (pattern !== undefined && !isUsable(pattern))
      context.problem(["tiers", name, "matches"], pattern.source, "an RE2 expression with any model in it");
    return {
      name,
      interval: length,
      trigger,
      asksForModel,
      needsModel: asksForModel || listsModel || pattern?.namesModel === true,
      path: (model) => fillPlaceholders(path, () => encodeURIComponent(model)),
      listsModel,
      ...(pattern === undefined ? {} : { pattern }),
    };
  });
}

/** Returns false if the expression is invalid once a model is in it. */
function isUsable(pattern: BodyPattern): boolean {
  try {
    pattern.regexpFor(MODEL);
    return true;
  } catch {
    return false;
  }
}

function patternOf(source: string, namesModel: boolean): BodyPattern {
  /** By model: the targets of a module may have models of their own. */
  const compiled = new Map<string, Regexp>();
  const patternFor = (model: string): Regexp => {
    const known = compiled.get(model);
    if (known !== undefined) return known;
    const pattern = compileRegexp(fillPlaceholders(source, () => `(?:${quoteRegexp(model)})`));
    compiled.set(model, pattern);
    return pattern;
  };
  return {
    source,
    namesModel,
    regexpFor: (model) => patternFor(namesModel ? model : ""),
  };
}
