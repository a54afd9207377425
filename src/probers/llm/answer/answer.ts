import { type Seconds, seconds } from "../../../core/units.ts";
import { parseJson } from "../wire/json.ts";
import type { ApiError, FinishReason, Piece, ToolArguments, Usage } from "../wire/types.ts";
import { excerpt } from "./excerpt.ts";

/** Everything known about an answer so far; `addPiece` is what changes it. */
export interface Answer extends AnswerContent {
  output: string;
  /** The model thought, refused or called a tool: signs of life besides the answer. */
  readonly signs: Set<"reasoning" | "refusal" | "tool_call">;
  refusal: string;
  readonly toolCalls: ToolCall[];
  /** Those of the calls that the API numbers, as it numbers them. */
  readonly numberedCalls: Map<number, ToolCall>;
  vector?: Vector;
  model?: string;
  finish?: FinishReason;
  usage: Usage;
  /** How long the server took to load the model. */
  loadDuration?: Seconds;
  error?: ApiError;
  fault?: Piece & { kind: "fault" };
  /** The API said that nothing follows. */
  ended: boolean;
  readonly times: TokenTimes;
}

/** When the pieces of an answer arrived, on the monotonic clock. */
export interface TokenTimes {
  first?: Seconds;
  firstOutput?: Seconds;
  last?: Seconds;
  /** Pieces, which are tokens only for want of a better count. */
  count: number;
  longestSilence: Seconds;
}

export const emptyAnswer = (): Answer => ({
  output: "",
  signs: new Set(),
  refusal: "",
  toolCalls: [],
  numberedCalls: new Map(),
  usage: {},
  ended: false,
  times: { count: 0, longestSilence: seconds(0) },
});

/**
 * Adds one fact.
 * @param at when its bytes arrived; absent for an answer that came whole, whose tokens have no times of their own
 * @returns true when nothing that follows can change the verdict
 */
export function addPiece(answer: Answer, piece: Piece, at?: Seconds): boolean {
  switch (piece.kind) {
    case "text":
      noteArrival(answer.times, at);
      addText(answer, piece, at);
      break;
    case "tool_call":
      noteArrival(answer.times, at);
      answer.signs.add("tool_call");
      addToolCall(answer, piece);
      break;
    case "vector":
      answer.vector ??= measure(piece.numbers);
      break;
    case "load":
      answer.loadDuration = piece.duration;
      break;
    case "model":
      answer.model ??= piece.name;
      break;
    case "finish":
      answer.finish ??= piece.reason;
      break;
    case "usage":
      answer.usage = { ...answer.usage, ...piece.usage };
      break;
    case "error":
      answer.error ??= piece.error;
      break;
    case "fault":
      answer.fault ??= piece;
      break;
    case "end":
      answer.ended = true;
      break;
  }
  return FINAL.has(piece.kind);
}

const FINAL: ReadonlySet<Piece["kind"]> = new Set(["error", "fault", "end"]);

function addText(answer: Answer, { part, text }: Piece & { kind: "text" }, at: Seconds | undefined): void {
  if (part === "output") {
    if (at !== undefined) answer.times.firstOutput ??= at;
    answer.output += text;
    return;
  }
  answer.signs.add(part);
  if (part === "refusal") answer.refusal += text;
}

function addToolCall(answer: Answer, piece: Piece & { kind: "tool_call" }): void {
  let call = piece.call === undefined ? undefined : answer.numberedCalls.get(piece.call);
  if (call === undefined) {
    call = { name: "", json: "" };
    answer.toolCalls.push(call);
    if (piece.call !== undefined) answer.numberedCalls.set(piece.call, call);
  }
  // Some imitators repeat the name with every part.
  if (call.name === "") call.name = piece.name ?? "";
  if (piece.arguments !== undefined) addArguments(call, piece.arguments);
}

function noteArrival(times: TokenTimes, at: Seconds | undefined): void {
  if (at === undefined) return;
  times.first ??= at;
  noteSilence(times, at);
  times.last = at;
  times.count++;
}

/** Nothing of the answer came between its last piece and `at`: another piece, or the end of our patience. */
export function noteSilence(times: TokenTimes, at: Seconds): void {
  if (times.last !== undefined)
    times.longestSilence = seconds(Math.max(times.longestSilence, at - times.last));
}

/** What can be said about the speed of an answer; what cannot is absent. */
export interface TokenSpeed {
  readonly interTokenLatency?: Seconds;
  readonly tokensPerSecond?: number;
}

/**
 * The pace between the first and the last token. Pieces are not tokens, so the API's own count has precedence.
 * Nothing is said about an answer that came at once, as from a gateway that collects it.
 */
export function tokenSpeed({ times, usage }: Answer): TokenSpeed {
  if (times.first === undefined || times.last === undefined || times.last <= times.first) return {};
  const between = (usage.output ?? times.count) - 1;
  const length = times.last - times.first;
  return between < 1
    ? {}
    : { interTokenLatency: seconds(length / between), tokensPerSecond: between / length };
}

/** A tool that the model called, as far as it came. */
export interface ToolCall {
  name: string;
  /** Arguments as they come: parts of JSON, or parsed already. */
  json: string;
  value?: unknown;
}

/** The answer of an embedding model; its numbers are not kept. */
export interface Vector {
  readonly dimensions: number;
  readonly finite: boolean;
  readonly norm: number;
}

/** What an answer says, which is what expectations are about. */
export interface AnswerContent {
  readonly output: string;
  readonly toolCalls: readonly ToolCall[];
  readonly vector?: Vector;
}

/** Adds a further part of the arguments. */
export function addArguments(call: ToolCall, given: ToolArguments): void {
  if ("json" in given) call.json += given.json;
  else call.value = given.value;
}

/** The arguments of a finished call; none at all are an empty object. */
export function argumentsOf(call: ToolCall): ReturnType<typeof parseJson> {
  if (call.value !== undefined) return { ok: true, value: call.value };
  return parseJson(call.json === "" ? "{}" : call.json);
}

/** Measures a vector; what is no number makes it infinite. */
export function measure(numbers: readonly unknown[]): Vector {
  let squares = 0;
  let finite = true;
  for (const number of numbers) {
    if (typeof number === "number" && Number.isFinite(number)) squares += number * number;
    else finite = false;
  }
  return { dimensions: numbers.length, finite, norm: Math.sqrt(squares) };
}

/** The answer for people: bounded, one line, without `secrets`. */
export function shownAnswer(
  { output, toolCalls, vector }: AnswerContent,
  secrets: readonly string[],
): string {
  if (vector !== undefined) return `${vector.dimensions} numbers of norm ${vector.norm.toPrecision(4)}`;
  const calls = toolCalls.slice(0, SHOWN_CALLS).map((call) => `${call.name}(${shownArguments(call)})`);
  return excerpt([output, ...calls].filter((part) => part !== "").join(" "), secrets);
}

const SHOWN_CALLS = 3;

/** What a server sent parsed may be too deep to be printed. */
function shownArguments({ json, value }: ToolCall): string {
  if (value === undefined) return json;
  try {
    return JSON.stringify(value);
  } catch {
    return "...";
  }
}
