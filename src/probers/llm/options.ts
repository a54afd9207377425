import { defined } from "../../core/defined.ts";
import type { CompileContext } from "../../core/prober.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { parseDuration, type Seconds } from "../../core/units.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { type AgentSource, agentSource } from "../agents.ts";
import { loadClient } from "../client.ts";
import { compileProxy, type FixedProxy } from "../fixed-proxy.ts";
import { isHeaderName, isHeaderValue } from "../header-fields.ts";
import { compileRegexp } from "../regexp.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import { compileQuestions, compileRotation, type PromptRotation, type Questions } from "./questions.ts";
import { compileReasonRules, type ReasonRule } from "./reason-rules.ts";
import type { LlmOptions } from "./schema.ts";
import { compileServedBy, type ServedBySource } from "./served-by.ts";
import { compileTiers, type LlmTier } from "./tiers.ts";
import { readLimit } from "./token-limit.ts";
import { wireFormat } from "./wire/index.ts";
import { lookUp } from "./wire/json.ts";
import { FORMAT_OPTIONS, type FormatOptions, type WireFormat } from "./wire/types.ts";

/** A module of kind `llm`, ready to probe. */
export interface LlmModule {
  readonly format: WireFormat;
  readonly key?: Secret;
  readonly model?: string;
  readonly questions: Questions;
  /** Chooses the questions of each probe. */
  readonly nextQuestions: PromptRotation;
  /** True if each probe asks all questions. */
  readonly asksAll: boolean;
  /** True if answers are requested as streams. */
  readonly stream: boolean;
  readonly maxTokens: number;
  /** Tokens after which reading stops, as the server ignores `maxTokens`; absent if requests carry another limit or none. */
  readonly readLimit?: number;
  /** `strip` if thinking inside the content is not part of the answer. */
  readonly thinking: "strip" | "keep";
  readonly special: FormatOptions;
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Header values by name in lower case. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly stallTimeout?: Seconds;
  readonly coldStartAfter?: Seconds;
  readonly acceptsModel?: AcceptsModel;
  /** Rules for the reasons of errors, in order. */
  readonly reasons: readonly ReasonRule[];
  readonly servedBy: ServedBySource;
  readonly acceptsServedBy?: AcceptsModel;
  readonly proxy?: FixedProxy;
  /** Cheap questions between probes. */
  readonly tiers: readonly LlmTier[];
  readonly tls: TlsSettings;
  readonly agents: AgentSource;
}

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileLlm(options: LlmOptions, context: CompileContext): LlmModule {
  // Loads the HTTP client before the first probe, which would otherwise wait for it.
  void loadClient();
  const format: WireFormat = wireFormat(options.api);
  const key = keyOf(options, context);
  const headers = headersOf(options.headers ?? {}, context);
  checkAllowedTargets(options.allowed_targets, context);
  reportReservedFields(options.extra_body ?? {}, format, context);
  const stream = format.framing !== "none" && (options.stream ?? true);
  const stallTimeout = stallTimeoutOf(options, stream, context);
  const coldStartAfter =
    options.cold_start === undefined ? undefined : parseDuration(options.cold_start.after);
  if (coldStartAfter === 0) context.problem(["cold_start", "after"], "0", "more than 0");
  const proxy = compileProxy(options.proxy_url, context);
  const tls = compileTls(options.tls_config ?? {}, context);
  const questions = compileQuestions(options, format, context);
  const request = {
    model: options.model,
    maxTokens: maxTokensOf(options, format, context),
    special: specialOf(options, format, context),
    extraBody: options.extra_body ?? {},
  };
  return {
    format,
    ...defined({ key }),
    ...defined(request),
    ...defined({ readLimit: readLimit(format, request) }),
    questions,
    asksAll: options.prompts_mode === "all",
    nextQuestions: compileRotation(questions, options.prompts_mode ?? "rotate"),
    stream,
    thinking: options.thinking ?? "strip",
    headers,
    query: options.query ?? {},
    ...defined({ path: options.path, stallTimeout, coldStartAfter }),
    ...(options.allowed_models === undefined ? {} : { acceptsModel: allowedModels(options.allowed_models) }),
    reasons: compileReasonRules(options.reasons, context),
    servedBy: compileServedBy(options.served_by, context),
    ...(options.allowed_served_by === undefined
      ? {}
      : { acceptsServedBy: allowedModels(options.allowed_served_by) }),
    ...defined({ proxy }),
    tiers: compileTiers(options.tiers, context),
    tls,
    agents: agentSource(tls, proxy?.url),
  };
}

/** Returns true if `key` can be sent in a header; any other key was copied badly. */
export const isUsableKey = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);

/** Description of an unusable key, for messages, which must not show the key itself. */
export const UNUSABLE_KEY = "a key with white space, control or non-ASCII characters";

function keyOf(options: LlmOptions, context: CompileContext): Secret | undefined {
  const { api_key: key, api_key_file: file } = options;
  if (key !== undefined && file !== undefined) {
    context.problem(["api_key_file"], "api_key and api_key_file", "at most one of them");
  }
  if (key !== undefined) {
    if (!isUsableKey(key)) context.problem(["api_key"], UNUSABLE_KEY, "one line of visible ASCII characters");
    return knownSecret(key);
  }
  return file === undefined ? undefined : context.secretFile(file, ["api_key_file"]);
}

/** Headers that frame the request, which the exporter does itself. */
const FRAMING_HEADERS: ReadonlySet<string> = new Set(["connection", "content-length", "transfer-encoding"]);

function headersOf(
  options: Readonly<Record<string, string>>,
  context: CompileContext,
): Record<string, Secret> {
  const headers: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(options)) {
    const lower = name.toLowerCase();
    if (!isHeaderName(name)) {
      context.problem(["headers", name], "a name that HTTP does not allow", "the name of a header");
      continue;
    }
    if (!isHeaderValue(value)) {
      context.problem(
        ["headers", name],
        "a value with characters that HTTP does not allow",
        "one line of text",
      );
      continue;
    }
    if (FRAMING_HEADERS.has(lower)) {
      context.problem(["headers", name], "a header that the exporter sets itself", "any other header");
    }
    if (Object.hasOwn(headers, lower))
      context.problem(["headers", name], "the same header twice", "each header once");
    headers[lower] = knownSecret(value);
  }
  return headers;
}

function reportReservedFields(
  fields: Readonly<Record<string, unknown>>,
  { fields: optionOfField }: WireFormat,
  context: CompileContext,
): void {
  for (const field of Object.keys(fields)) {
    const option = lookUp(optionOfField, field);
    if (option !== undefined && fields[field] !== null) {
      context.problem(["extra_body", field], `a field that belongs to ${option}`, `the option ${option}`);
    }
  }
}

/** Returns the options that only some formats have. One that this format lacks is reported, even with its default value. */
function specialOf(options: LlmOptions, format: WireFormat, context: CompileContext): FormatOptions {
  for (const name of FORMAT_OPTIONS) {
    if (options[name] === undefined || format.abilities.options.includes(name)) continue;
    context.problem([name], `${options[name]} with ${format.api}`, "an api with this option");
  }
  const { max_tokens_field, api_version, ollama_route } = options;
  return defined({ max_tokens_field, api_version, ollama_route });
}

function maxTokensOf(options: LlmOptions, { api, abilities }: WireFormat, context: CompileContext): number {
  const { max_tokens: limit = 256 } = options;
  const least = abilities.leastMaxTokens ?? 1;
  if (limit < least)
    context.warn(["max_tokens"], `${api} refuses less than ${least}, although compatible servers may not`);
  return limit;
}

/** Parses the option; the schema guarantees a duration. */
function stallTimeoutOf(options: LlmOptions, stream: boolean, context: CompileContext): Seconds | undefined {
  if (options.stall_timeout === undefined) return undefined;
  const length = parseDuration(options.stall_timeout);
  if (length === 0) context.problem(["stall_timeout"], options.stall_timeout, "more than 0");
  if (!stream) context.warn(["stall_timeout"], "has no effect without stream");
  return length;
}

/** Returns true if a model that answered, or what served it, is an allowed one. */
export type AcceptsModel = (responseModel: string) => boolean;

/** Accepts names that one of `patterns` (RE2) matches as a whole, so that `gpt-4o` does not allow `gpt-4o-mini`. */
export function allowedModels(patterns: readonly string[]): AcceptsModel {
  const expressions = patterns.map((source) => compileRegexp(`^(?:${source})$`));
  return (responseModel) => expressions.some((expression) => expression.matches(responseModel));
}
