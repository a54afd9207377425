import type { FailureReason } from "../../../core/reasons.ts";
import type { Seconds } from "../../../core/units.ts";

/** A tool that the model may call. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The part of a request that is the same for every prompt. */
export interface RequestSettings {
  /** Absent if the server has only one model, or a default. */
  readonly model?: string;
  readonly stream: boolean;
  /** Options that only some formats have, by their names in `FORMAT_OPTIONS`; each format has its own defaults. */
  readonly special: FormatOptions;
}

/** A request in terms that all APIs share. */
export interface PromptRequest extends RequestSettings {
  readonly system?: string;
  readonly prompt: string;
  readonly maxTokens: number;
  /** Empty for formats without tools. */
  readonly tools: readonly Tool[];
}

/** Options of a module that only some formats understand, and that the others refuse. */
export const FORMAT_OPTIONS = ["max_tokens_field", "api_version", "ollama_route"] as const;

export type FormatOptions = { readonly [Name in (typeof FORMAT_OPTIONS)[number]]?: string };

/** What a format has beyond the question itself; a module that asks for more is refused. */
export interface Abilities {
  /** Of `FORMAT_OPTIONS`. */
  readonly options: readonly (typeof FORMAT_OPTIONS)[number][];
  /** A system message. */
  readonly system: boolean;
  /** Tools that the model may call, with these options. */
  tools(special: FormatOptions): boolean;
  /** `text` is read and judged as such; a `vector` only has dimensions. */
  readonly answer: "text" | "vector";
  /** Nothing can be asked without naming a model. */
  readonly needsModel: boolean;
  /** What is named is not the model but a place where one runs: the name says nothing of who should answer. */
  readonly namesDeployment?: boolean;
  /** The API refuses a lower limit. */
  readonly leastMaxTokens?: number;
  /** Servers that speak it call an answer complete that was cut at the limit, which only the count of its tokens tells. */
  readonly completesAtLimit?: boolean;
}

/** The URL of an API, relative to the target's address. */
export interface WireEndpoint {
  /** Below the address, with a leading slash. Model names in it are percent-encoded by the format. */
  readonly path: string;
  /** Put before `path` when the address has no path of its own, such as `/v1`. */
  readonly root?: string;
  /** Put before `path` unless the address ends in it already, such as `/v1beta`: people write both. */
  readonly prefix?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** The content of a POST request. */
export interface WireRequest {
  /** Headers besides the credential, such as the version of the API. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Why the model stopped; the values of `probe_llm_finish_reason`. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** Token counts as the API gave them; what it did not count is absent. */
export interface Usage {
  /** Including what a cache knew already, whichever way the API counts. */
  readonly input?: number;
  /** Including reasoning, except where an API counts it apart without saying how much. */
  readonly output?: number;
  readonly reasoning?: number;
  readonly cached_input?: number;
}

/** An error in the API's own words. */
export interface ApiError {
  /** Its codes and types, the most specific first: what reasons are decided by. */
  readonly codes: readonly string[];
  /** An HTTP status that the error names by itself. */
  readonly status?: number;
  /** For people only: wording never decides anything. */
  readonly message: string;
  /** How long to wait, where the body says it and not the header. */
  readonly retryAfter?: Seconds;
}

/** Arguments of a tool call: a further part of their JSON, or all of them, parsed. */
export type ToolArguments = { readonly json: string } | { readonly value: unknown };

/** One fact found in an answer, in the order of the wire. */
export type Piece =
  | { readonly kind: "text"; readonly part: "output" | "reasoning" | "refusal"; readonly text: string }
  /** The model called a tool, or went on calling it: a token, though no text. Without `call` it is one of its own. */
  | {
      readonly kind: "tool_call";
      readonly call?: number;
      readonly name?: string;
      readonly arguments?: ToolArguments;
    }
  /** The answer of an embedding model. */
  | { readonly kind: "vector"; readonly numbers: readonly unknown[] }
  | { readonly kind: "model"; readonly name: string }
  | { readonly kind: "finish"; readonly reason: FinishReason }
  /** Fields replace those of earlier pieces, so that cumulative counts may come bit by bit. */
  | { readonly kind: "usage"; readonly usage: Usage }
  /** How long the server took to load the model before it could answer. */
  | { readonly kind: "load"; readonly duration: Seconds }
  | { readonly kind: "error"; readonly error: ApiError }
  /** The bytes are not what the API promises. */
  | { readonly kind: "fault"; readonly reason: "malformed" | "too_large"; readonly detail: string }
  /** The API says that nothing follows. */
  | { readonly kind: "end" };

/** One event of a stream, its data parsed as JSON. */
export interface Frame {
  /** Name of the server-sent event, where it has one. */
  readonly event?: string;
  readonly data: unknown;
}

/** Headers of a response, their names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How one LLM API is spoken: one value in one file. Functions without state or I/O: they get data that somebody else
 * read, cut into frames and timed, and return what it means.
 */
export interface WireFormat {
  /** Value of the option `api`. */
  readonly api: string;
  readonly abilities: Abilities;
  /** How a streamed answer is cut into frames; `none` where only whole answers are read. */
  readonly framing: "sse" | "json_lines" | "none";
  /** Fields of the request that belong to options, which `extra_body` may take away but not set. */
  readonly fields: Readonly<Record<string, string>>;
  /** The headers that carry a key. */
  credential(key: string): Readonly<Record<string, string>>;
  endpoint(settings: RequestSettings): WireEndpoint;
  request(ask: PromptRequest): WireRequest;
  /** Facts in one frame of a streamed answer. The sentinel `[DONE]` never gets here. */
  readFrame(frame: Frame): readonly Piece[];
  /** Facts in an answer that came in one piece, be it because the server ignored `stream`. */
  readWhole(answer: unknown): readonly Piece[];
  /** The error in the body of a response that is none of success; `undefined` when it is not in the API's form. */
  readError(body: unknown, headers: Headers): ApiError | undefined;
  /** What the API's error codes and types mean, where that is more than the HTTP status says. */
  readonly errorReasons: Readonly<Record<string, FailureReason>>;
}
