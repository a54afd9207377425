import { excerpt } from "./excerpt.ts";
import { parseJson } from "./parse-json.ts";
import type { ToolArguments } from "./wire/types.ts";

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
export interface Said {
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
export function shownAnswer({ output, toolCalls, vector }: Said, secrets: readonly string[]): string {
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
