import type { Seconds } from "../../../core/units.ts";
import type { LlmReason } from "../reasons.ts";

/** A tool that the model may call. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The part of a request that is the same for every prompt. */
export interface RequestSettings {
  /** Absent if the server has only one model, or a default. */
  readonly model?: string;
  readonly stream: boolean;
  /** Options that only some formats have; each format has its own defaults. */
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

/** Module options that only some formats support; a module of any other format that sets one is refused. */
export const FORMAT_OPTIONS = ["max_tokens_field", "api_version", "ollama_route"] as const;

export type FormatOptions = { readonly [Name in (typeof FORMAT_OPTIONS)[number]]?: string };

/** The features of a format beyond a plain prompt. A module that needs a missing one is refused. */
export interface Abilities {
  /** The supported ones of `FORMAT_OPTIONS`. */
  readonly options: readonly (typeof FORMAT_OPTIONS)[number][];
  /** True if requests may contain a system message. */
  readonly system: boolean;
  /** Returns true if, with these options, the model can be offered tools. */
  tools(special: FormatOptions): boolean;
  /** `text` is judged by its content, a `vector` only by its dimensions. */
  readonly answer: "text" | "vector";
  /** True if each request must name a model. */
  readonly needsModel: boolean;
  /** True if requests name a deployment rather than a model, so that the name does not tell which model should answer. */
  readonly namesDeployment?: boolean;
  /** Lowest token limit that the API accepts. */
  readonly leastMaxTokens?: number;
  /** True if servers report an answer as complete that was cut off at the token limit; only its token count tells. */
  readonly completesAtLimit?: boolean;
}

/** The URL of an API, relative to the target's address. */
export interface WireEndpoint {
  /** Path below the address, with a leading slash. The format percent-encodes a model name in it. */
  readonly path: string;
  /** Put before `path` if the address has no path of its own, such as `/v1`. */
  readonly root?: string;
  /** Put before `path` unless the address already ends in it, such as `/v1beta`: users write both. */
  readonly prefix?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** The content of a POST request. */
export interface WireRequest {
  /** Headers besides the credential, such as the version of the API. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The reason why the model stopped: a value of the label of `probe_llm_finish_reason`. `other` is each reason that is not
 * known to end an answer, such as `abort`: the answer is not complete.
 */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** Token counts as reported by the API; a count that it does not report is absent. */
export interface Usage {
  /** Includes cached input, however the API counts it. */
  readonly input?: number;
  /** Includes reasoning, unless the API counts it separately and does not report it. */
  readonly output?: number;
  readonly reasoning?: number;
  readonly cached_input?: number;
}

/** An error reported by the API. */
export interface ApiError {
  /** Codes and types as the API spells them, the most specific first, numbers as text. They decide the failure reason. */
  readonly codes: readonly string[];
  /** HTTP status in the error itself. */
  readonly status?: number;
  /** For people only: its wording decides nothing. Where an API has no code, its format derives one from a documented message. */
  readonly message: string;
  /** The wait that the body asks for, for APIs that have no header for it. */
  readonly retryAfter?: Seconds;
}

/** Arguments of a tool call: the next part of their JSON, or all of them, parsed. */
export type ToolArguments = { readonly json: string } | { readonly value: unknown };

/** One fact found in an answer, in the order of the wire. */
export type Piece =
  | { readonly kind: "text"; readonly part: "output" | "reasoning" | "refusal"; readonly text: string }
  /**
   * A tool call, or the next part of one. It counts as a token although it has no text. Pieces with the same `call`
   * belong together; a piece without it is a call of its own.
   */
  | {
      readonly kind: "tool_call";
      readonly call?: number;
      readonly name?: string;
      readonly arguments?: ToolArguments;
    }
  /** The answer of an embedding model. */
  | { readonly kind: "vector"; readonly numbers: readonly unknown[] }
  | { readonly kind: "model"; readonly name: string }
  /** The deployment, provider or model behind a gateway. No format reads it: its place is an option. */
  | { readonly kind: "served_by"; readonly name: string }
  /** The reason as the API gives it, `given`, is for people. */
  | { readonly kind: "finish"; readonly reason: FinishReason; readonly given: string }
  /** Fields replace those of earlier pieces, so that cumulative counts may arrive one by one. */
  | { readonly kind: "usage"; readonly usage: Usage }
  /** The time that the server took to load the model before it could answer. */
  | { readonly kind: "load"; readonly duration: Seconds }
  /** `source` is the text that it was read from, which the reader adds. */
  | { readonly kind: "error"; readonly error: ApiError; readonly source?: string }
  /** The bytes are not what the API promises. */
  | {
      readonly kind: "fault";
      readonly reason: "malformed" | "too_large" | "empty";
      readonly detail: string;
      readonly source?: string;
    }
  /**
   * The prompt was filtered, so that the model was not asked, unless an answer follows. `certain` is false if the API
   * does not say so and only leaves out the answer.
   */
  | { readonly kind: "filtered_prompt"; readonly certain: boolean; readonly given: string }
  /** The API says that the answer is complete. */
  | { readonly kind: "end" };

/** One event or line of a stream, its data parsed as JSON. */
export interface Frame {
  /** Name of the server-sent event, if it has one. */
  readonly event?: string;
  readonly data: unknown;
}

/** Headers of a response, with names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * One LLM API: how to ask it and how to read its answers. Its functions have no state and do no I/O: they are given data
 * that was already read, cut into frames and timed, and return what it means.
 */
export interface WireFormat {
  /** Value of the option `api`. */
  readonly api: string;
  readonly abilities: Abilities;
  /** Framing of a streamed answer; `none` if answers are only read whole. */
  readonly framing: "sse" | "json_lines" | "none";
  /** Request fields that belong to an option, by name. `extra_body` may remove them but not set them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Returns the headers that carry the key. */
  credential(key: string): Readonly<Record<string, string>>;
  /** Returns where requests go. */
  endpoint(settings: RequestSettings): WireEndpoint;
  /** Builds a request. */
  request(question: PromptRequest): WireRequest;
  /** Returns the facts in one frame of a streamed answer. The sentinel `[DONE]` is handled by the caller. */
  readFrame(frame: Frame): readonly Piece[];
  /**
   * Returns the facts in an answer that came in one piece, even if a stream was requested. Not called with the framing
   * `json_lines`, where a whole answer is a stream of one line.
   */
  readWhole(answer: unknown): readonly Piece[];
  /** Returns the error in the body of an unsuccessful response; `undefined` if the body is not in the API's form. */
  readError(body: unknown, headers: Headers): ApiError | undefined;
  /**
   * Failure reasons by error code or type that only this API has, or for which the common codes (`error-codes.ts`) are
   * wrong.
   */
  readonly errorReasons: Readonly<Record<string, LlmReason>>;
  /** Failure reasons by HTTP statuses that only this API has. */
  readonly statusReasons?: Readonly<Record<number, LlmReason>>;
}
