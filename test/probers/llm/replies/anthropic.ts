import { named } from "../recordings/recording.ts";
import { json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const messageStart = { type: "message_start", message: { type: "message", model: "m", content: [] } };
const textDelta = (text: string) => ({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text },
});
const anthropicEnd = (stop_reason: string) => [
  { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 3 } },
  { type: "message_stop" },
];
/** Replies of Anthropic. */
export const anthropicReplies: readonly Case[] = [
  {
    name: "an error event of llama.cpp, whose data has a different type",
    reply: streamed(
      `${named(messageStart, textDelta("HEAL"))}event: error\ndata: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}\n\n`,
    ),
    reason: "server_error",
    answered: false,
  },
  {
    name: "an error in the middle of a stream",
    reply: streamed(
      named(messageStart, textDelta("HEAL"), {
        type: "error",
        error: { type: "overloaded_error", message: "Overloaded" },
      }),
    ),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "an error code that is more specific than its type",
    reply: json(
      {
        type: "error",
        error: { type: "invalid_request_error", message: "x", details: { error_code: "billing_error" } },
      },
      400,
    ),
    reason: "billing",
    answered: false,
  },
  {
    name: "an error in a whole answer",
    reply: json({ type: "error", error: { type: "api_error", message: "x" } }),
    options: WHOLE,
    reason: "server_error",
    answered: false,
  },
  {
    name: "an account without credit, which has no code",
    reply: json(
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        },
      },
      400,
    ),
    reason: "billing",
    answered: false,
  },
  {
    name: "an invalid request that quotes the same words",
    reply: json(
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "messages.0: Your credit balance is too low to access the Anthropic API.",
        },
      },
      400,
    ),
    reason: "bad_request",
    answered: false,
  },
  {
    name: "the same words with the type of another error",
    reply: json(
      {
        type: "error",
        error: {
          type: "api_error",
          message: "Your credit balance is too low to access the Anthropic API.",
        },
      },
      500,
    ),
    reason: "server_error",
    answered: false,
  },
  {
    name: "a refusal before the first word",
    reply: streamed(
      named(
        messageStart,
        { type: "message_delta", delta: { stop_reason: "refusal" } },
        { type: "message_stop" },
      ),
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a refusal",
    reply: streamed(named(messageStart, textDelta("I"), ...anthropicEnd("refusal"))),
    reason: "refused",
    answered: true,
  },
  {
    name: "reasoning that used up all tokens",
    reply: streamed(
      named(
        messageStart,
        { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm" } },
        ...anthropicEnd("max_tokens"),
      ),
    ),
    reason: "truncated",
    answered: true,
  },
  {
    name: "pings without a token",
    reply: streamed(named(messageStart, { type: "ping" })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "events of a later version",
    reply: streamed(
      named(
        messageStart,
        { type: "content_block_start", index: 0, content_block: { type: "hologram" } },
        { type: "content_block_delta", index: 0, delta: { type: "hologram_delta" } },
        { type: "weather" },
        textDelta("HEALTHY"),
        ...anthropicEnd("end_turn"),
      ),
    ),
    reason: "ok",
    answered: true,
  },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
];
