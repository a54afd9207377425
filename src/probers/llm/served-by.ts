import type { CompileContext } from "../../core/prober.ts";
import { isHeaderName } from "../header-fields.ts";
import type { LlmOptions } from "./schema.ts";
import { countOf, textOf } from "./wire/json.ts";
import type { Headers, WireFormat } from "./wire/types.ts";

/** The place where responses name the deployment, provider or model that served them, behind a gateway. */
export interface ServedBySource {
  /** Returns the name in the headers of a response. */
  inHeaders(headers: Headers): string | undefined;
  /** Returns the name in a whole answer, in a chunk of a stream, or in the body of an error. */
  inBody(json: unknown): string | undefined;
}

/**
 * Headers of gateways, in order of precedence.
 * https://docs.litellm.ai/docs/proxy/response_headers, https://ngrok.com/docs/ai-gateway
 */
const KNOWN_HEADERS = ["x-litellm-model-id", "ngrok-aig-model"] as const;

/** The field of OpenRouter. https://openrouter.ai/docs/api-reference/overview */
const KNOWN_FIELD = ["provider"] as const;

/** Compiles `served_by`. Without it, the places of well-known gateways are read. */
export function compileServedBy(options: LlmOptions["served_by"], context: CompileContext): ServedBySource {
  if (options === undefined) {
    return {
      inHeaders: (headers) =>
        KNOWN_HEADERS.map((name) => headerOf(headers, name)).find((value) => value !== undefined),
      inBody: (json) => nameAt(json, KNOWN_FIELD),
    };
  }
  const { header, field } = options;
  if ((header === undefined) === (field === undefined)) {
    const got = header === undefined ? "neither header nor field" : "header and field";
    context.problem(["served_by"], got, "one of them");
  }
  if (header !== undefined && !isHeaderName(header))
    context.problem(["served_by", "header"], "a name that HTTP does not allow", "the name of a header");
  const name = header?.toLowerCase();
  const path = field?.split(".");
  return {
    inHeaders: (headers) => (name === undefined ? undefined : headerOf(headers, name)),
    inBody: (json) => (path === undefined ? undefined : nameAt(json, path)),
  };
}

/** Returns a format that also finds the name in the body of an answer. */
export const withServedBy = (format: WireFormat, source: ServedBySource): WireFormat => ({
  ...format,
  readFrame: (frame) => [...servedByPiece(source.inBody(frame.data)), ...format.readFrame(frame)],
  readWhole: (answer) => [...servedByPiece(source.inBody(answer)), ...format.readWhole(answer)],
});

const servedByPiece = (name: string | undefined) =>
  name === undefined ? [] : [{ kind: "served_by", name } as const];

/** The attempts that a gateway says it made besides the one that answered; those that it does not report are absent. */
export interface GatewayAttempts {
  /** Times that it went to another deployment or model than the first. */
  readonly fallbacks: number | undefined;
  readonly retries: number | undefined;
}

/** Headers that count fallbacks: LiteLLM's, and the step of Cloudflare's AI Gateway, whose first is 0. */
const FALLBACK_HEADERS = ["x-litellm-attempted-fallbacks", "cf-aig-step"] as const;

/** Reads the attempts of a gateway. */
export const gatewayAttempts = (headers: Headers): GatewayAttempts => ({
  fallbacks: FALLBACK_HEADERS.map((name) => countIn(headers, name)).find((count) => count !== undefined),
  retries: countIn(headers, "x-litellm-attempted-retries"),
});

function countIn(headers: Headers, name: string): number | undefined {
  const text = headerOf(headers, name);
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return textOf((Array.isArray(value) ? value.join(", ") : value)?.toString().trim());
}

/** Returns the text or number at `path`, whose steps are fields of objects and positions in arrays. */
function nameAt(json: unknown, path: readonly string[]): string | undefined {
  let value = json;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return textOf(typeof value === "string" ? value.trim() : countOf(value)?.toString());
}
