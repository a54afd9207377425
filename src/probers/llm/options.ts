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
import { compileTls } from "../tls-options.ts";
import { compileQuestions, compileRotation, type PromptRotation, type Questions } from "./questions.ts";
import type { LlmOptions } from "./schema.ts";
import { compileTiers, type LlmTier } from "./tiers.ts";
import { wireFormat } from "./wire/index.ts";
import { lookUp } from "./wire/json.ts";
import { FORMAT_OPTIONS, type FormatOptions, type WireFormat } from "./wire/types.ts";

/** A module of kind `llm`, ready to probe. */
export interface LlmModule {
  readonly format: WireFormat;
  readonly key?: Secret;
  readonly model?: string;
  readonly questions: Questions;
  /** Which of the questions a probe asks. */
  readonly turns: PromptRotation;
  /** Whether a probe asks all of them. */
  readonly asksAll: boolean;
  /** Whether a stream is asked for, which the format can read. */
  readonly stream: boolean;
  readonly maxTokens: number;
  readonly special: FormatOptions;
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly stallTimeout?: Seconds;
  readonly coldStartAfter?: Seconds;
  readonly acceptsModel?: AcceptsModel;
  readonly proxy?: FixedProxy;
  /** What is asked between probes. */
  readonly tiers: readonly LlmTier[];
  readonly agents: AgentSource;
}

/** Makes a module of validated options, reporting what no schema can see. */
export function compileLlm(options: LlmOptions, context: CompileContext): LlmModule {
  // Begun now, it is there when the first probe is due.
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
  const questions = compileQuestions(options, format, context);
  return {
    format,
    ...defined({ key, model: options.model }),
    questions,
    asksAll: options.prompts_mode === "all",
    turns: compileRotation(questions, options.prompts_mode ?? "rotate"),
    stream,
    maxTokens: maxTokensOf(options, format, context),
    special: specialOf(options, format, context),
    extraBody: options.extra_body ?? {},
    headers,
    query: options.query ?? {},
    ...defined({ path: options.path, stallTimeout, coldStartAfter }),
    ...(options.allowed_models === undefined ? {} : { acceptsModel: allowedModels(options.allowed_models) }),
    ...defined({ proxy }),
    tiers: compileTiers(options.tiers, context),
    agents: agentSource(compileTls(options.tls_config ?? {}, context), proxy?.url),
  };
}

/** Whether `key` can stand in a header: anything else would be a key copied badly. */
export const isUsableKey = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);

/** What to say of a key that is not usable; never the key. */
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

/** They frame the request, which is not the user's to do. */
const FRAMING_HEADERS: ReadonlySet<string> = new Set(["connection", "content-length", "transfer-encoding"]);

function headersOf(given: Readonly<Record<string, string>>, context: CompileContext): Record<string, Secret> {
  const headers: Record<string, Secret> = {};
  for (const [name, value] of Object.entries(given)) {
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
      context.problem(["headers", name], "a header that is there twice", "each header once");
    headers[lower] = knownSecret(value);
  }
  return headers;
}

function reportReservedFields(
  fields: Readonly<Record<string, unknown>>,
  { fields: reserved }: WireFormat,
  context: CompileContext,
): void {
  for (const field of Object.keys(fields)) {
    const option = lookUp(reserved, field);
    if (option !== undefined && fields[field] !== null) {
      context.problem(["extra_body", field], `a field that belongs to ${option}`, `the option ${option}`);
    }
  }
}

/** An option of another API is a mistake, even with its default. */
function specialOf(options: LlmOptions, format: WireFormat, context: CompileContext): FormatOptions {
  for (const name of FORMAT_OPTIONS) {
    if (options[name] === undefined || format.abilities.options.includes(name)) continue;
    context.problem([name], `${options[name]} with ${format.api}`, "an api that has this option");
  }
  const { max_tokens_field, api_version, ollama_route } = options;
  return {
    ...defined({ max_tokens_field, api_version, ollama_route }),
  };
}

function maxTokensOf(options: LlmOptions, { api, abilities }: WireFormat, context: CompileContext): number {
  const given = options.max_tokens ?? 256;
  const least = abilities.leastMaxTokens ?? 1;
  if (given < least)
    context.warn(["max_tokens"], `${api} takes no less than ${least}, though others that speak it do`);
  return given;
}

/** Schema validation has refused what is no duration. */
function stallTimeoutOf(options: LlmOptions, stream: boolean, context: CompileContext): Seconds | undefined {
  if (options.stall_timeout === undefined) return undefined;
  const length = parseDuration(options.stall_timeout);
  if (length === 0) context.problem(["stall_timeout"], options.stall_timeout, "more than 0");
  if (!stream) context.warn(["stall_timeout"], "has no effect without stream");
  return length;
}

/** Whether the model that answered is one of those that were meant. */
export type AcceptsModel = (responded: string) => boolean;

/** Accepts the names that one of `patterns` (RE2) matches as a whole: `gpt-4o` alone shall not let `gpt-4o-mini` in. */
export function allowedModels(patterns: readonly string[]): AcceptsModel {
  const expressions = patterns.map((source) => compileRegexp(`^(?:${source})$`));
  return (responded) => expressions.some((expression) => expression.matches(responded));
}
