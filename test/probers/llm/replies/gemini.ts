import { events, json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const candidate = (text: string, finishReason?: string): object => ({
  candidates: [{ content: { parts: [{ text }] }, ...(finishReason === undefined ? {} : { finishReason }) }],
});
/** Replies of Gemini. */
export const geminiReplies: readonly Case[] = [
  {
    name: "an array of one error inside a stream",
    reply: streamed(
      events(candidate("HEAL"), [{ error: { code: 503, status: "UNAVAILABLE", message: "overloaded" } }]),
    ),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "an array of one error as the whole answer",
    reply: json([{ error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "billing" } }]),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a prompt that was blocked",
    reply: streamed(events({ promptFeedback: { blockReason: "SAFETY" } })),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was blocked, whole",
    reply: json({
      promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
      modelVersion: "gemini-2.5-flash",
    }),
    options: WHOLE,
    reason: "refused",
    answered: undefined,
  },
  {
    name: "feedback about a prompt that was not blocked",
    reply: streamed(events({ promptFeedback: { safetyRatings: [] } }, candidate("HEALTHY", "STOP"))),
    reason: "ok",
    answered: true,
  },
  {
    name: "an answer that was filtered before its first word",
    reply: streamed(events({ candidates: [{ finishReason: "SAFETY" }] })),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "the free tier in a country without it",
    reply: json(
      { error: { code: 400, status: "FAILED_PRECONDITION", message: "User location is not supported" } },
      400,
    ),
    reason: "billing",
    answered: false,
  },
  {
    name: "recitation",
    reply: streamed(events(candidate("Once upon"), { candidates: [{ finishReason: "RECITATION" }] })),
    reason: "refused",
    answered: true,
  },
  {
    name: "reasoning that used up all tokens, without content",
    reply: json({ candidates: [{ finishReason: "MAX_TOKENS" }], usageMetadata: { thoughtsTokenCount: 256 } }),
    options: WHOLE,
    reason: "truncated",
    answered: true,
  },
  {
    name: "an end without a finish reason",
    reply: streamed(events(candidate("HEALTHY"))),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an end after a finish reason",
    reply: streamed(events(candidate("HEALTHY", "STOP"))),
    reason: "ok",
    answered: true,
  },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
];
