import fc from "fast-check";
import { expect } from "vitest";
import { exactly } from "../../../src/core/precision.ts";
import { seconds } from "../../../src/core/units.ts";
import { type Answer, addPiece, emptyAnswer } from "../../../src/probers/llm/answer/answer.ts";
import { answerReader } from "../../../src/probers/llm/answer/reader.ts";
import type { WireFormat } from "../../../src/probers/llm/wire/types.ts";

/** An answer without its times. */
export type Facts = Omit<Answer, "times" | "numberedCalls" | "finishGiven" | "received">;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads chunks as a probe does, until the answer is complete. */
export function read(chunks: readonly Uint8Array[], format: WireFormat, stream = true): Facts {
  const reader = answerReader(format, stream);
  const answer = emptyAnswer();
  const at = exactly(seconds(0));
  for (const chunk of chunks) {
    if (reader.feed(chunk).some((piece) => addPiece(answer, piece, at))) return factsOf(answer);
  }
  reader.finish().some((piece) => addPiece(answer, piece));
  return factsOf(answer);
}

function factsOf(answer: Answer): Facts {
  const { times, numberedCalls, finishGiven: _given, received: _received, ...facts } = answer;
  expect(times.longestSilence).toBe(0);
  expect(numberedCalls.size).toBeLessThanOrEqual(facts.toolCalls.length);
  return facts;
}

/** Splits bytes at random places, also inside characters. */
export const cuts = (whole: Uint8Array): fc.Arbitrary<Uint8Array[]> =>
  fc.array(fc.nat({ max: whole.length }), { maxLength: 30 }).map((places) => {
    const sorted = [0, ...places.toSorted((a, b) => a - b), whole.length];
    return sorted.slice(1).map((end, i) => whole.subarray(sorted[i], end));
  });
