import type { FailureReason } from "../../../core/reasons.ts";

/** What is asked, in the words of no API in particular. */
export interface Ask {
  /** Absent: the server has one model, or a default. */
  readonly model?: string;
  readonly system?: string;
  readonly prompt: string;
  readonly stream: boolean;
  readonly maxTokens: number;
  /** Name of the field that carries `maxTokens`, where the API has more than one. */
  readonly maxTokensField: string;
}

/** A POST, relative to the target's address. */
export interface WireRequest {
  /** Below the address, with a leading slash. Model names in it are percent-encoded by the format. */
  readonly path: string;
  /** Put before `path` when the address has no path of its own, such as `/v1`. */
  readonly root?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Besides the credential: versions and the like. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Why the model stopped; the values of `probe_llm_finish_reason`. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** Token counts as the API gave them; what it did not count is absent. */
export interface Usage {
  readonly input?: number;
  /** As the API counts, which mostly includes reasoning. */
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
}

/** One fact found in an answer, in the order of the wire. */
export type Piece =
  | { readonly kind: "text"; readonly part: "output" | "reasoning" | "refusal"; readonly text: string }
  /** The model called a tool: a token, though no text. */
  | { readonly kind: "tool_call" }
  | { readonly kind: "model"; readonly name: string }
  | { readonly kind: "finish"; readonly reason: FinishReason }
  /** Fields replace those of earlier pieces, so that cumulative counts may come bit by bit. */
  | { readonly kind: "usage"; readonly usage: Usage }
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

/**
 * How one LLM API is spoken: one value in one file. Functions without state or I/O: they get data that somebody else
 * read, cut into frames and timed, and return what it means.
 */
export interface WireFormat {
  /** Value of the option `api`. */
  readonly api: string;
  /** How a streamed answer is cut into frames; `none` where only whole answers are read. */
  readonly framing: "sse" | "json_lines" | "none";
  /** The headers that carry a key. */
  credential(key: string): Readonly<Record<string, string>>;
  request(ask: Ask): WireRequest;
  /** Facts in one frame of a streamed answer. The sentinel `[DONE]` never gets here. */
  readFrame(frame: Frame): readonly Piece[];
  /** Facts in an answer that came in one piece, be it because the server ignored `stream`. */
  readWhole(answer: unknown): readonly Piece[];
  /** The error in the body of a response that is none of success; `undefined` when it is not in the API's form. */
  readError(body: unknown): ApiError | undefined;
  /** What the API's error codes and types mean, where that is more than the HTTP status says. */
  readonly errorReasons: Readonly<Record<string, FailureReason>>;
}
