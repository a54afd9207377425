import { excerpt } from "../../../core/excerpt.ts";
import { type Arrival, timeBetween } from "../../../core/precision.ts";
import { type Seconds, seconds } from "../../../core/units.ts";
import { parseJson } from "../wire/json.ts";
import type { ApiError, FinishReason, Piece, ToolArguments, Usage } from "../wire/types.ts";

/** The content of an answer, which expectations are about. */
export interface AnswerContent {
  readonly output: string;
  readonly toolCalls: readonly ToolCall[];
  readonly vector?: Vector;
}

/** A tool call by the model, as far as it was received. */
export interface ToolCall {
  name: string;
  /** The JSON of the arguments so far, unless the API sends them parsed, as `value`. */
  json: string;
  value?: unknown;
}

/** A summary of the vector that an embedding model answers with. */
export interface Vector {
  readonly dimensions: number;
  /** False if an element is not a finite number. */
  readonly finite: boolean;
  readonly norm: number;
}

/** Everything known about an answer so far. Only `addPiece` changes it. */
export interface Answer extends AnswerContent {
  /** The content, in which thinking may stand until `stripThinking` removes it. */
  output: string;
  /** Signs of life besides the output. */
  readonly signs: Set<"reasoning" | "refusal" | "tool_call">;
  refusal: string;
  readonly toolCalls: ToolCall[];
  /** The tool calls that the API numbers, by that number. */
  readonly numberedCalls: Map<number, ToolCall>;
  vector?: Vector;
  model?: string;
  /** The deployment, provider or model that served the answer, if the body names it. */
  servedBy?: string;
  /** The finish reason that says the least good of the answer, if there are several. */
  finish?: FinishReason;
  /** The same as the API gives it. */
  finishGiven?: string;
  usage: Usage;
  /** Time that the server took to load the model. */
  loadDuration?: Seconds;
  error?: ApiError;
  fault?: Piece & { kind: "fault" };
  /** The text that the error or the fault was read from. */
  errorSource?: string;
  /** Present if the prompt was filtered and nothing of the model has followed. */
  filteredPrompt?: Piece & { kind: "filtered_prompt" };
  /** Bytes of text and arguments of any kind in UTF-8, thinking included: an estimate of the tokens that were generated. */
  received: number;
  /** True once the API has said that the answer is complete. */
  ended: boolean;
  readonly times: TokenTimes;
}

/** Arrival times of the pieces of an answer, on the monotonic clock. */
export interface TokenTimes {
  first?: Arrival;
  firstOutput?: Arrival;
  last?: Arrival;
  /** Arrival of each piece of the content, by its offset in the content. */
  readonly output: { readonly offset: number; readonly at: Arrival }[];
  /** Number of pieces: an estimate of the tokens for APIs that do not count them. */
  count: number;
  longestSilence: Seconds;
}

/** The speed of an answer, as far as it can be measured. */
export interface TokenSpeed {
  readonly interTokenLatency?: Seconds;
  readonly tokensPerSecond?: number;
}

/** Returns an answer before its first piece. */
export const emptyAnswer = (): Answer => ({
  output: "",
  signs: new Set(),
  refusal: "",
  toolCalls: [],
  numberedCalls: new Map(),
  usage: {},
  received: 0,
  ended: false,
  times: { output: [], count: 0, longestSilence: seconds(0) },
});

/**
 * Adds one piece.
 * @param at when its bytes arrived; absent for an answer that came whole, whose tokens have no times
 * @returns true if no later piece can change the verdict
 */
export function addPiece(answer: Answer, piece: Piece, at?: Arrival): boolean {
  switch (piece.kind) {
    case "text":
      delete answer.filteredPrompt;
      noteArrival(answer.times, at);
      answer.received += Buffer.byteLength(piece.text);
      addText(answer, piece, at);
      break;
    case "tool_call":
      delete answer.filteredPrompt;
      noteArrival(answer.times, at);
      answer.signs.add("tool_call");
      addToolCall(answer, piece);
      break;
    case "vector":
      answer.vector ??= summarize(piece.numbers);
      break;
    case "load":
      answer.loadDuration = piece.duration;
      break;
    case "model":
      answer.model ??= piece.name;
      break;
    case "served_by":
      answer.servedBy ??= piece.name;
      break;
    case "finish":
      addFinish(answer, piece);
      break;
    case "usage":
      answer.usage = { ...answer.usage, ...piece.usage };
      break;
    case "error":
      answer.error ??= piece.error;
      noteSource(answer, piece);
      break;
    case "fault":
      answer.fault ??= piece;
      noteSource(answer, piece);
      break;
    case "filtered_prompt":
      answer.filteredPrompt = piece;
      break;
    case "end":
      answer.ended = true;
      break;
  }
  return FINAL.has(piece.kind);
}

/** Records the silence between the last piece and `at`: the arrival of the next piece, or the end of the probe. */
export function noteSilence(times: TokenTimes, at: Arrival): void {
  if (times.last !== undefined)
    times.longestSilence = seconds(Math.max(times.longestSilence, at.earliest - times.last.latest));
}

/**
 * Returns the speed between the first and the last token. Pieces are not tokens, so the API's own count takes precedence.
 * An answer whose pieces arrived at once, as from a gateway that buffers it, has no speed, and neither has one whose first
 * or last token arrived while the exporter stood still.
 */
export function tokenSpeed({ times, usage }: Answer): TokenSpeed {
  if (times.first === undefined || times.last === undefined) return {};
  const between = (usage.output ?? times.count) - 1;
  const length = timeBetween(times.first, times.last) ?? 0;
  return between < 1 || length <= 0
    ? {}
    : { interTokenLatency: seconds(length / between), tokensPerSecond: between / length };
}

/** Parses the arguments of a finished tool call; without any, returns an empty object. */
export function argumentsOf(call: ToolCall): ReturnType<typeof parseJson> {
  if (call.value !== undefined) return { ok: true, value: call.value };
  return parseJson(call.json === "" ? "{}" : call.json);
}

/** Formats the answer for people: bounded, on one line, without `secrets`. */
export function shownAnswer(
  { output, toolCalls, vector }: AnswerContent,
  secrets: readonly string[],
): string {
  if (vector !== undefined) return `${vector.dimensions} numbers of norm ${vector.norm.toPrecision(4)}`;
  const calls = toolCalls.slice(0, SHOWN_CALLS).map((call) => `${call.name}(${shownArguments(call)})`);
  return excerpt([output, ...calls].filter((part) => part !== "").join(" "), secrets);
}

const FINAL: ReadonlySet<Piece["kind"]> = new Set(["error", "fault", "end"]);

const SHOWN_CALLS = 3;

function noteArrival(times: TokenTimes, at: Arrival | undefined): void {
  if (at === undefined) return;
  times.first ??= at;
  noteSilence(times, at);
  times.last = at;
  times.count++;
}

function addText(answer: Answer, { part, text }: Piece & { kind: "text" }, at: Arrival | undefined): void {
  if (part === "output") {
    if (at !== undefined) {
      answer.times.firstOutput ??= at;
      answer.times.output.push({ offset: answer.output.length, at });
    }
    answer.output += text;
    return;
  }
  answer.signs.add(part);
  if (part === "refusal") answer.refusal += text;
}

function noteSource(answer: Answer, { source }: { readonly source?: string }): void {
  if (source !== undefined) answer.errorSource ??= source;
}

/** Finish reasons, from the best to the worst. */
const FINISH_RANK = [
  "stop",
  "tool_calls",
  "length",
  "content_filter",
  "other",
] as const satisfies FinishReason[];

/** Keeps the worst reason: some servers send `stop` with every part, or once more at the end. */
function addFinish(answer: Answer, { reason, given }: Piece & { kind: "finish" }): void {
  if (answer.finish !== undefined && FINISH_RANK.indexOf(answer.finish) >= FINISH_RANK.indexOf(reason))
    return;
  answer.finish = reason;
  answer.finishGiven = given;
}

function addToolCall(answer: Answer, piece: Piece & { kind: "tool_call" }): void {
  let call = piece.call === undefined ? undefined : answer.numberedCalls.get(piece.call);
  if (call === undefined) {
    call = { name: "", json: "" };
    answer.toolCalls.push(call);
    if (piece.call !== undefined) answer.numberedCalls.set(piece.call, call);
  }
  // Some compatible servers repeat the name in every part.
  if (call.name === "") call.name = piece.name ?? "";
  if (piece.arguments !== undefined) addArguments(answer, call, piece.arguments);
}

function addArguments(answer: Answer, call: ToolCall, next: ToolArguments): void {
  if ("value" in next) {
    call.value = next.value;
    return;
  }
  call.json += next.json;
  answer.received += Buffer.byteLength(next.json);
}

/** Summarizes a vector, whose numbers are not kept. */
function summarize(numbers: readonly unknown[]): Vector {
  let squares = 0;
  let finite = true;
  for (const number of numbers) {
    if (typeof number === "number" && Number.isFinite(number)) squares += number * number;
    else finite = false;
  }
  return { dimensions: numbers.length, finite, norm: Math.sqrt(squares) };
}

function shownArguments({ json, value }: ToolCall): string {
  if (value === undefined) return json;
  try {
    return JSON.stringify(value);
  } catch {
    // Parsed JSON may be nested too deeply to be printed.
    return "...";
  }
}
